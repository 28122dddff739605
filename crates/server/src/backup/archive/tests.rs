//! Archives that were written are read again; hostile ones are refused.

use super::*;

fn contents() -> Contents {
    let row = |set, table: &str, key: &[u8]| StoredRow {
        set,
        table: table.to_owned(),
        key: key.to_vec(),
        value: vec![0, 255],
    };
    Contents {
        product: Product::Dunlin,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration: Some("mqtt.max_inflight = 7\n".to_owned()),
        rows: vec![row(TableSet::Banned, "banned", b"clientid:c1"), row(TableSet::Rules, "rules/all", b"")],
        files: BTreeMap::from([(PathBuf::from("certs/a/ca.pem"), b"pem".to_vec())]),
        left_out: Vec::new(),
    }
}

/// An archive with these files, below the folder `x` unless a path has its own.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_entry_type(EntryType::Regular);
        // As somebody would write it who means no good: paths are not checked.
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn refused(archive: &[u8]) -> String {
    read_archive(archive).expect_err("it is refused").to_string()
}

const META: (&str, &[u8]) = ("x/META.hocon", b"product = dunlin, version = \"0.1.0\"");

#[test]
fn what_was_written_is_read_again() {
    let bytes = write_archive("dunlin-export-1", &contents()).unwrap();
    assert_eq!(read_archive(&bytes).unwrap(), contents());
}

#[test]
fn one_of_emqx_is_read_and_its_tables_are_told() {
    let bytes = archive(&[
        ("x/META.hocon", b"version = \"5.8.6\"\nedition = \"ce\"\n"),
        ("x/cluster.hocon", b"mqtt { max_inflight = 9 }"),
        ("x/mnesia/emqx_banned", b"\x83"),
        ("x/mnesia/emqx_acl", b"\x83"),
    ]);
    let read = read_archive(&bytes).unwrap();
    assert_eq!((read.product, read.version.as_str()), (Product::Emqx, "5.8.6"));
    assert_eq!(read.configuration.as_deref(), Some("mqtt { max_inflight = 9 }"));
    let [left_out] = &read.left_out[..] else { panic!("{:?}", read.left_out) };
    assert!(left_out.contains("emqx_acl, emqx_banned"), "{left_out}");
}

#[test]
fn no_path_leads_out() {
    for path in ["x/../../etc/passwd", "/etc/passwd", "../META.hocon", "x/certs/../../y"] {
        let said = refused(&archive(&[META, (path, b"x")]));
        assert!(said.contains("the path"), "{path}: {said}");
    }
}

#[test]
fn links_are_refused() {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "x/certs/key.pem", "/etc/shadow").unwrap();
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    assert!(refused(&bytes).contains("no file but"), "{}", refused(&bytes));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_kept() {
    let large = vec![0; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    assert!(refused(&archive(&[META, ("x/certs/a.pem", &large)])).contains("too large"));
    // A claim is enough.
    let mut header = Header::new_gnu();
    header.set_path("x/cluster.hocon").unwrap();
    header.set_size(u64::from(u32::MAX));
    header.set_cksum();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    io::Write::write_all(&mut packed, header.as_bytes()).unwrap();
    assert!(refused(&packed.finish().unwrap()).contains("too large"));
}

#[test]
fn versions_that_cannot_be_read_are_told() {
    for (about, expected) in [
        ("version = \"4.4.0\"", "older than EMQX 5"),
        ("product = dunlin, version = \"999.0.0\"", "into a newer one"),
        ("product = dunlin", "says no version"),
        ("version = new", "version \"new\""),
    ] {
        let said = refused(&archive(&[("x/META.hocon", about.as_bytes())]));
        assert!(said.contains(expected), "{about}: {said}");
    }
    assert!(refused(&archive(&[("x/cluster.hocon", b"")])).contains("no META.hocon"));
    assert!(refused(b"no archive").contains("not understood"));
}

#[test]
fn tables_are_those_of_their_set() {
    let line = |table: &str| format!("{{\"table\":\"{table}\",\"key\":\"\",\"value\":\"AP8=\"}}\n");
    let read =
        |set: &str, text: &str| read_archive(&archive(&[META, (&format!("x/tables/{set}.ndjson"), text.as_bytes())]));
    assert_eq!(read("builtin_authz", &line("rules/all")).unwrap().rows, [contents().rows[1].clone()]);
    for (set, text) in [("builtin_authz", line("dashboard_users")), ("other", line("x")), ("banned", "{}".to_owned())] {
        assert!(read(set, &text).is_err(), "{set}");
    }
}
