//! The experiments inside the binary.

/// Name and text of each.
pub const BUILTIN: &[(&str, &str)] = &[
    ("digits", include_str!("builtin/digits.toml")),
    ("iris", include_str!("builtin/iris.toml")),
    ("wine", include_str!("builtin/wine.toml")),
    ("breast_cancer", include_str!("builtin/breast_cancer.toml")),
    ("diabetes", include_str!("builtin/diabetes.toml")),
    ("xor", include_str!("builtin/xor.toml")),
    ("moons", include_str!("builtin/moons.toml")),
    ("circles", include_str!("builtin/circles.toml")),
    ("spiral", include_str!("builtin/spiral.toml")),
    ("sine", include_str!("builtin/sine.toml")),
];
