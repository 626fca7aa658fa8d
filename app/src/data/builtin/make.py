"""Writes the CSV files of this folder from the scikit-learn wheel, reproducibly.

Run: pip download --no-deps scikit-learn==1.9.1 && python make.py scikit_learn-1.9.1-*.whl
Every file has a header; the last column is `label` (a class by name) or `target` (a number). Values are as they
stand in the wheel: nothing is scaled.
"""
import csv, gzip, io, os, sys, zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
wheel = zipfile.ZipFile(sys.argv[1])


def read(name):
    data = wheel.read("sklearn/datasets/data/" + name)
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode()


def write(name, header, rows):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
    with open(os.path.join(HERE, name + ".csv.gz"), "wb") as f:
        f.write(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def classes(name, source, features):
    """A file whose first line is: rows, columns, class names."""
    first, *rows = csv.reader(read(source).splitlines())
    names = first[2:]
    write(name, features + ["label"], [r[:-1] + [names[int(r[-1])]] for r in rows])


classes("iris", "iris.csv", ["sepal_length", "sepal_width", "petal_length", "petal_width"])
classes("wine", "wine_data.csv", [
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"])
measures = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points",
            "symmetry", "fractal_dimension"]
classes("breast_cancer", "breast_cancer.csv", [f"{kind}_{m}" for kind in ("mean", "error", "worst") for m in measures])
digits = [[str(int(float(x))) for x in row] for row in csv.reader(read("digits.csv.gz").splitlines())]
write("digits", [f"pixel_{i}_{j}" for i in range(8) for j in range(8)] + ["label"], digits)
targets = [format(float(t), "g") for t in read("diabetes_target.csv.gz").split()]
features = [line.split() for line in read("diabetes_data_raw.csv.gz").splitlines()]
write("diabetes", ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "target"],
      [f + [t] for f, t in zip(features, targets, strict=True)])
