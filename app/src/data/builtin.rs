//! The sets inside the binary. `builtin/LICENSES.md` says whose they are, `builtin/make.py` how they were made.

/// Name and gzipped CSV of each set.
pub const BUILTIN: &[(&str, &[u8])] = &[
    ("digits", include_bytes!("builtin/digits.csv.gz")),
    ("iris", include_bytes!("builtin/iris.csv.gz")),
    ("wine", include_bytes!("builtin/wine.csv.gz")),
    ("breast_cancer", include_bytes!("builtin/breast_cancer.csv.gz")),
    ("diabetes", include_bytes!("builtin/diabetes.csv.gz")),
];
