//! Readers on good, bad and arbitrary bytes.

use super::*;
use proptest::prelude::*;
use std::io::Write;

fn builtin(name: &str, want: Want) -> Dataset<f64> {
    load(&Source { source: name.into(), ..Source::default() }, want, 0).unwrap().train
}

/// The sums were computed from the original files by Python's exact fractions.
#[test]
fn built_in_sets_have_their_known_rows_columns_and_classes() {
    for (name, rows, columns, classes, sum) in [
        ("digits", 1797, 64, Some(10), 561_718.0),
        ("iris", 150, 4, Some(3), 2_078.7),
        ("wine", 178, 13, Some(3), 159_975.295_999),
        ("breast_cancer", 569, 30, Some(2), 1_056_474.459_635_6),
        ("diabetes", 442, 10, None, 276_404.233_6),
    ] {
        let want = if classes.is_some() { Want::Classes } else { Want::Values };
        let data = builtin(name, want);
        assert_eq!((data.len(), data.shape().len(), data.classes()), (rows, columns, classes), "{name}");
        assert_eq!(data.inputs().len(), rows * columns);
        let found: f64 = data.inputs().iter().sum();
        assert!((found - sum).abs() <= 1e-9 * sum, "{name}: the inputs sum to {found}");
    }
    let Targets::Classes(classes) = builtin("iris", Want::Classes).targets().clone() else { panic!() };
    assert_eq!([0, 1, 2].map(|class| classes.iter().filter(|c| **c == class).count()), [50, 50, 50]);
}

/// Reads a table of text and returns what is wrong with it.
fn wrong(text: &str, target: &[&str], want: Want) -> String {
    let target: Vec<String> = target.iter().map(|name| name.to_string()).collect();
    csv::read::<f64>(text.into(), b',', &target, want, None).unwrap_err().to_string()
}

#[test]
fn each_fault_of_a_table_is_named_with_its_place() {
    let classes = |text: &str| wrong(text, &[], Want::Classes);
    assert_eq!(classes(""), "the file is empty");
    assert_eq!(classes(" \n"), "the file is empty");
    assert_eq!(classes("a,label\n"), "there are no rows below the header");
    assert_eq!(classes("1,2\n3,4\n"), "the first line has only numbers; it should name the columns");
    assert_eq!(classes("a,a,label\n"), "two columns are called \"a\"; each needs a name of its own");
    assert_eq!(classes("a,label\n1,x\n2\n"), "row 2 (line 3) has 1 cells and the header has 2");
    assert_eq!(
        classes("a,b,label\n1,2,x\n3,nan,y\n"),
        "row 2 (line 3), column \"b\": \"nan\" is not a finite number; a text input has to be turned into numbers \
         first, one column for each of its values"
    );
    assert_eq!(
        classes("a,label\n1,x\n,y\n"),
        "row 2 (line 3), column \"a\": \"\" is not a finite number; fill the gap or leave the row out"
    );
    assert_eq!(classes("a,b\n1,2\n"), "which column is the target? Set `data.target` to one of: a, b");
    assert_eq!(classes("label\nx\n"), "every column is a target; at least one has to be an input");
    assert_eq!(
        wrong("alpha,b\n1,2\n", &["alpa"], Want::Classes),
        "there is no column \"alpa\" (did you mean \"alpha\"?); the columns are: alpha, b"
    );
    for label in ["-1", "0.5", "70000", "1e300"] {
        assert_eq!(
            classes(&format!("a,label\n1,0\n2,{label}\n")),
            format!(
                "class label {label} of example 2 is out of range: labels are whole numbers from 0 to 65535"
            )
        );
    }
    assert!(wrong("a,target\n1,x\n", &[], Want::Values).ends_with("such as cross_entropy"));
}

/// Without quotes threads read pieces of a table; a quote in the header has one read it all.
#[test]
fn a_large_table_reads_the_same_in_one_piece_and_in_several() {
    let row = |i: usize| {
        format!(
            "{}.25,{}e-3,{}{}",
            i,
            i * 7,
            (b'a' + (i * i % 23) as u8) as char,
            ["\n", "\r\n", "\n\n"][i % 3]
        )
    };
    let rows: String = (0..200_000).map(row).collect();
    let both = |rows: &str| {
        ["u,v,label\n", "u,\"v\",label\n"].map(|header| {
            csv::read::<f32>((header.to_string() + rows).into(), b',', &[], Want::Classes, None)
                .map(|data| (data.inputs().to_vec(), data.targets().clone(), data.class_names().to_vec()))
                .map_err(|problem| problem.to_string())
        })
    };
    let [several, one] = both(&rows);
    assert_eq!(several.as_ref().unwrap().0.len(), 400_000);
    assert!(several == one);
    for wrong in ["1,x,a\n", "1,2\n"] {
        let [several, one] = both(&(rows.clone() + wrong));
        let message = one.unwrap_err();
        assert!(message.contains("row 200001 "), "{message}");
        assert_eq!(several.unwrap_err(), message);
    }
}

#[test]
fn a_number_that_the_precision_does_not_reach_is_refused_with_its_place() {
    let table = || "a,label\n1,0\n1e39,1\n".into();
    let message = csv::read::<f32>(table(), b',', &[], Want::Classes, None).unwrap_err().to_string();
    assert_eq!(
        message,
        "row 2 (line 3), column \"a\": \"1e39\" is not a finite number in 32 bits; train with \
         train.precision = \"f64\""
    );
    assert!(csv::read::<f64>(table(), b',', &[], Want::Classes, None).is_ok());
}

/// A table of one such cell, against Rust's own reading of it.
fn assert_read_as_text(cell: &str) {
    let table = format!("a,label\n\"{cell}\",0\n");
    let read = csv::read::<f64>(table.into(), b',', &[], Want::Classes, None);
    let wanted = cell.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    assert_eq!(read.ok().map(|data| data.inputs()[0].to_bits()), wanted.map(f64::to_bits), "{cell:?}");
}

#[test]
fn numbers_are_read_as_rust_reads_them() {
    let odd = "1 +1 -1 +-1 1. .5 . -. 1e5 1E+5 1e 1e- e5 -0 00012.50 1_000 0x10 inf -Infinity nan 1e400 1e-400 \
               4.9e-324 2.4703282292062327e-324 9007199254740993 1,5 ٤ 1٤ \
               0.1000000000000000055511151231257827021181583404541015625 179769313486231580793728971405301e277";
    for cell in odd.split(' ') {
        for written in [cell.to_string(), format!(" {cell}\t"), format!("\u{a0}{cell}")] {
            assert_read_as_text(&written);
        }
    }
}

proptest! {
    #[test]
    fn numbers_of_any_spelling_are_read_as_rust_reads_them(
        cell in "[-+]?[0-9]{0,25}[.]?[0-9]{0,25}([eE][-+]?[0-9]{0,3})?"
    ) {
        assert_read_as_text(&cell);
    }
}

#[test]
fn tables_take_quotes_tabs_text_labels_and_several_targets() {
    let read = |text: &str, separator, target: &[&str], want| {
        let target: Vec<String> = target.iter().map(|name| name.to_string()).collect();
        csv::read::<f64>(text.into(), separator, &target, want, None).unwrap()
    };
    let data = read("\"a, b\"\tlabel\n\"1.5\"\tzebra\n-2e3\tapple\n3\tzebra\n", b'\t', &[], Want::Classes);
    assert_eq!(data.inputs(), [1.5, -2000.0, 3.0]);
    assert_eq!(*data.targets(), Targets::Classes(vec![1, 0, 1]));
    assert_eq!(
        (data.class_names(), data.feature_names()),
        (&["apple".to_string(), "zebra".to_string()][..], &["a, b".to_string()][..])
    );
    let data = read("\u{feff}u,x,v\n1,2,3\n4,5,6\n", b',', &["u", "v"], Want::Values);
    assert_eq!(*data.targets(), Targets::Values { data: vec![1.0, 3.0, 4.0, 6.0], width: 2 });
    assert_eq!(data.inputs(), [2.0, 5.0]);
}

#[test]
fn a_held_out_table_uses_the_classes_of_the_training_table() {
    let read =
        |text: &str, like: Option<&Dataset<f64>>| csv::read(text.into(), b',', &[], Want::Classes, like);
    let train = read("a,label\n1,x\n2,y\n3,z\n", None).unwrap();
    let test = read("a,label\n1,z\n2,x\n", Some(&train)).unwrap();
    assert_eq!(*test.targets(), Targets::Classes(vec![2, 0]));
    let message = read("a,label\n1,w\n", Some(&train)).unwrap_err().to_string();
    assert_eq!(message, "the class \"w\" does not occur in the training data; known classes: x, y, z");
}

/// A NumPy file of these numbers.
fn npy(kind: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn numpy_arrays_are_read_in_every_order_and_number_type() {
    let six: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let rows = npy::read::<f64>(&npy("<f4", false, "(2, 3)", &six)).unwrap();
    assert_eq!((rows.shape, rows.data), (vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let columns = npy::read::<f64>(&npy("<f4", true, "(2, 3)", &six)).unwrap();
    assert_eq!(columns.data, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    assert_eq!(npy::read::<f64>(&npy("|u1", false, "(3,)", &[7, 8, 255])).unwrap().data, [7.0, 8.0, 255.0]);
    let whole: Vec<u8> = [-1i64, 1 << 40].iter().flat_map(|x| x.to_be_bytes()).collect();
    assert_eq!(
        npy::read::<f64>(&npy(">i8", false, "(2,)", &whole)).unwrap().data,
        [-1.0, (1u64 << 40) as f64]
    );
    let wrong = |bytes: &[u8]| npy::read::<f64>(bytes).unwrap_err().to_string();
    assert_eq!(wrong(b""), "the file is empty");
    assert!(wrong(b"\x93NUMPY\x01").starts_with("not a readable NumPy file"));
    assert!(wrong(&npy("<f4", false, "(2, 3)", &six[..20])).contains("more than the file can hold"));
    assert!(
        wrong(&npy("<f4", false, "(99999999999, 99999999999)", &six)).contains("more than the file can hold")
    );
    assert!(wrong(&npy("<c8", false, "(1,)", &six[..8])).contains("save them as float32 or float64"));
    assert!(wrong(&npy("<f4", false, "(2, -3)", &six)).contains("its header is `{'descr': '<f4'"));
    let records = npy("<f4", false, "(1,)", &[]);
    let records = String::from_utf8_lossy(&records[10..]).replace("'<f4'", "[('a', '<f4')]");
    let records =
        [b"\x93NUMPY\x03\0", &(records.len() as u32).to_le_bytes()[..], records.as_bytes()].concat();
    assert!(wrong(&records).contains("it holds records"));
    // Records in records in records, as deep as a header can have them.
    let deep = format!("{}'<f4'{}", "[('a', ".repeat(4000), ")]".repeat(4000));
    let deep = String::from_utf8_lossy(&npy("<f4", false, "(1,)", &[])[10..]).replace("'<f4'", &deep);
    let deep = [b"\x93NUMPY\x03\0", &(deep.len() as u32).to_le_bytes()[..], deep.as_bytes()].concat();
    wrong(&deep);
}

/// An IDX file of bytes.
fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
    bytes.extend(data);
    bytes
}

#[test]
fn idx_files_are_read_and_their_faults_named() {
    let array = idx::read::<f32>(&idx(&[2, 3], &[0, 1, 2, 3, 4, 255])).unwrap();
    assert_eq!((array.shape, array.data), (vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 255.0]));
    let wrong = |bytes: &[u8]| idx::read::<f32>(bytes).unwrap_err().to_string();
    assert_eq!(wrong(&[]), "the file is empty");
    assert!(wrong(&[0, 0, 8]).contains("ends inside its first four bytes"));
    assert!(wrong(&[1, 0, 8, 1]).contains("two zero bytes"));
    assert!(wrong(&[0, 0, 7, 1, 0, 0, 0, 0]).contains("unknown type 0x07"));
    assert!(wrong(&idx(&[2, 3], &[0; 5])).contains("its header says 6 bytes of numbers and there are 5"));
    assert!(wrong(&idx(&[u32::MAX; 4], &[])).contains("more bytes than there can be"));
}

#[test]
fn array_files_make_examples_gzipped_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let gz = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    std::fs::write(path("x-idx3-ubyte.gz"), gz(&idx(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])))
        .unwrap();
    std::fs::write(path("y-idx1-ubyte"), idx(&[3], &[2, 0, 1])).unwrap();
    std::fs::write(path("two-idx1-ubyte"), idx(&[2], &[2, 0])).unwrap();
    std::fs::write(path("cut-idx3-ubyte.gz"), &gz(&idx(&[3, 2, 2], &[0; 12]))[..20]).unwrap();
    let source =
        |x: &str, y: Option<&str>| Source { source: path(x), targets: y.map(path), ..Source::default() };
    let read = |source: &Source| load::<f32>(source, Want::Classes, 0);
    let data = read(&source("x-idx3-ubyte.gz", Some("y-idx1-ubyte"))).unwrap().train;
    assert_eq!((data.len(), data.shape().len(), data.targets()), (3, 4, &Targets::Classes(vec![2, 0, 1])));
    let wrong = |x, y| read(&source(x, y)).unwrap_err().to_string();
    assert!(wrong("x-idx3-ubyte.gz", Some("two-idx1-ubyte")).contains("there are 3 inputs and 2 targets"));
    assert!(wrong("x-idx3-ubyte.gz", None).contains("name the file with the targets in `data.targets`"));
    assert!(wrong("cut-idx3-ubyte.gz", Some("y-idx1-ubyte")).contains("not a readable gzip file"));
    assert!(wrong("none.csv", None).contains("none.csv: cannot read: No such file"));
    assert!(wrong("data.xyz", None).contains("unknown kind of file; known: .csv"));
}

/// An archive of these files, as NumPy makes them.
fn npz(files: &[(&str, Vec<u8>)], method: rawzip::CompressionMethod) -> Vec<u8> {
    let mut bytes = vec![];
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, file) in files {
        let (mut entry, config) = archive.new_file(name).compression_method(method).start().unwrap();
        let descriptor = if method == rawzip::CompressionMethod::DEFLATE {
            let mut packer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, Default::default()));
            packer.write_all(file).unwrap();
            let (packer, descriptor) = packer.finish().unwrap();
            packer.finish().unwrap();
            descriptor
        } else {
            let mut packer = config.wrap(&mut entry);
            packer.write_all(file).unwrap();
            packer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// Two examples, `x` and `labels`.
fn two(method: rawzip::CompressionMethod) -> Vec<u8> {
    let x: Vec<u8> = [1.0f64, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let labels = [1i64, 0].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let files = [
        ("x.npy", npy("<f8", false, "(2, 2)", &x)),
        ("labels.npy", npy("<i8", false, "(2,)", &labels)),
        ("notes.txt", b"not an array".to_vec()),
    ];
    npz(&files, method)
}

#[test]
fn an_archive_of_arrays_has_inputs_and_targets() {
    for method in [rawzip::CompressionMethod::STORE, rawzip::CompressionMethod::DEFLATE] {
        let bytes = two(method);
        let (x, y) = npz::read::<f64>(&bytes, Some("labels")).unwrap();
        assert_eq!((x.shape, x.data, y.data), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 0.0]));
        let message = npz::read::<f64>(&bytes, None).unwrap_err().to_string();
        assert_eq!(message, "there is no array \"y\" in the archive; it has: labels, x");
        for cut in [0, 1, 30, bytes.len() / 2, bytes.len() - 1] {
            assert!(npz::read::<f64>(&bytes[..cut], Some("labels")).is_err());
        }
    }
}

#[test]
fn an_archive_packed_otherwise_is_refused() {
    let message = npz::read::<f64>(&two(rawzip::CompressionMethod::BZIP2), None).unwrap_err().to_string();
    assert_eq!(
        message,
        "not a readable NumPy archive file: \"x\" is encrypted, or compressed by another method than deflate; \
         save it with numpy.savez or numpy.savez_compressed"
    );
}

#[test]
fn an_archive_whose_numbers_changed_is_refused() {
    let mut bytes = two(rawzip::CompressionMethod::STORE);
    let at = bytes.windows(8).position(|number| number == 2f64.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    assert!(npz::read::<f64>(&bytes, Some("labels")).unwrap_err().to_string().contains("checksum"));
}

/// Every reader on the same bytes; none may panic.
fn read_all(bytes: &[u8]) {
    for want in [Want::Classes, Want::Values] {
        let _ = csv::read::<f32>(bytes.into(), b',', &[], want, None);
        let _ = csv::read::<f32>(bytes.into(), b'\t', &["a".into()], want, None);
    }
    let _ = idx::read::<f32>(bytes);
    let _ = npy::read::<f32>(bytes);
    let _ = npz::read::<f32>(bytes, None);
    let _ = unpack(flate2::read::MultiGzDecoder::new(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn changed_files_are_read_without_a_panic(
        which in 0usize..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let six: Vec<u8> = (0..24).collect();
        let mut bytes = match which {
            0 => b"a,b,label\n1,2,x\n3,4,\"y\"\n".to_vec(),
            1 => idx(&[2, 3], &[1; 6]),
            2 => npy("<f4", true, "(2, 3)", &six),
            3 => two(rawzip::CompressionMethod::DEFLATE),
            _ => BUILTIN[1].1.to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len())]);
    }
}
