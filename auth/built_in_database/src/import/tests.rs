//! Files with users: what is understood, and what is refused with which words.

use super::*;
use proptest::prelude::*;

fn read(format: ImportFormat, passwords: PasswordForm, text: &[u8]) -> Result<Vec<ImportedUser>, String> {
    ImportFile { format, passwords, bytes: text }.users().map_err(|error| error.to_string())
}

fn plain(user_id: &str, password: &str, is_superuser: bool) -> ImportedUser {
    ImportedUser { user_id: user_id.into(), password: ImportedPassword::Plain(password.into()), is_superuser }
}

fn hashed(user_id: &str, hash: &str, salt: &str) -> ImportedUser {
    let password = StoredPassword { hash: hash.into(), salt: salt.into() };
    ImportedUser { user_id: user_id.into(), password: ImportedPassword::Hash(password), is_superuser: false }
}

#[test]
fn csv_is_understood() {
    use PasswordForm::{Hash, Plain};
    let read = |passwords, text: &str| read(ImportFormat::Csv, passwords, text.as_bytes()).unwrap();
    let users = read(Plain, "user_id,password,is_superuser\nalice, p w ,true\r\n\nbob,\"a,\"\"b\"\"\n\",\n,,\n");
    assert_eq!(users, [plain("alice", " p w ", true), plain("bob", "a,\"b\"\n", false)]);
    let users = read(Plain, "\u{feff}is_superuser, user_id ,note,password\nfalse,élise,x,s");
    assert_eq!(users, [plain("élise", "s", false)]);
    let users = read(Hash, "user_id,password_hash,salt,is_superuser,namespace\na,h1,s1,false,\nb,h2,,,");
    assert_eq!(users, [hashed("a", "h1", "s1"), hashed("b", "h2", "")]);
    assert_eq!(read(Hash, "user_id,password_hash"), []);
    assert_eq!(read(Hash, ""), []);
}

#[test]
fn portions_have_the_same_users() {
    let text = b"user_id,password_hash,salt,is_superuser\na,h1,s1,true\nb,h2,,\nc,h3,s3,";
    let file = ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Hash, bytes: text };
    for (users_max, bytes_max, lengths) in
        [(2, 9_999, &[2, 1][..]), (9, 1, &[1, 1, 1]), (0, 0, &[1, 1, 1]), (9, 9_999, &[3])]
    {
        let portions = file.portions(users_max, bytes_max).unwrap();
        assert_eq!(portions.iter().map(|portion| portion.as_array().unwrap().len()).collect::<Vec<_>>(), lengths);
        let read =
            |portion: &Value| read(ImportFormat::Json, PasswordForm::Hash, portion.to_string().as_bytes()).unwrap();
        assert_eq!(portions.iter().flat_map(read).collect::<Vec<_>>(), file.users().unwrap());
    }
    let plain =
        ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Plain, bytes: b"user_id,password\na,p" };
    assert_eq!(plain.portions(1, 1).unwrap(), [json!([{"user_id": "a", "password": "p", "is_superuser": false}])]);
    let nobody = ImportFile { bytes: b"", ..plain };
    assert!(nobody.portions(1, 1).unwrap().is_empty());
}

#[test]
fn json_is_understood() {
    use PasswordForm::{Hash, Plain};
    let read = |passwords, text: &str| read(ImportFormat::Json, passwords, text.as_bytes()).unwrap();
    let text = r#"[{"user_id": "alice", "password": "p", "is_superuser": true, "note": [1]},
                   {"user_id": "bob", "password": "true", "is_superuser": "false", "namespace": null}]"#;
    assert_eq!(read(Plain, text), [plain("alice", "p", true), plain("bob", "true", false)]);
    let text = r#"[{"user_id": "a", "password_hash": "h", "salt": null}, {"user_id": "b", "password_hash": "h"}]"#;
    assert_eq!(read(Hash, text), [hashed("a", "h", ""), hashed("b", "h", "")]);
    assert_eq!(read(Plain, "[]"), []);
}

#[test]
fn what_is_wrong_is_named_by_line_and_field() {
    for (text, expected) in [
        ("user_id,password\na,b\n,b", "line 3: `user_id` is missing"),
        ("name,password\na,b", "line 2: `user_id` is missing"),
        ("user_id,password_hash\na,b", "line 2: `password` is missing"),
        ("user_id,password\na,", "line 2: `password` is missing"),
        ("user_id,password,is_superuser\na,b,true\n\na,b,yes", "line 4: `is_superuser` is neither true nor false"),
        ("user_id,password,is_superuser\na,b,TRUE", "line 2: `is_superuser` is neither true nor false"),
        ("user_id,password,is_superuser\na,b", "line 2: has 2 fields, and the first line names 3"),
        ("user_id,password\na,b,c", "line 2: has 3 fields, and the first line names 2"),
        ("user_id,user_id,password\na,b,c", "line 1: has the name `user_id` twice"),
        ("user_id,password,namespace\na,b,n", "line 2: `namespace` must be empty: there are no namespaces"),
    ] {
        assert_eq!(read(ImportFormat::Csv, PasswordForm::Plain, text.as_bytes()).unwrap_err(), expected, "{text}");
    }
    for (text, expected) in [
        ("{}", "line 1: is no list: write [{\"user_id\": …, \"password\": …}, …]"),
        ("[1]", "entry 1: is no object"),
        ("[\n{\"user_id\": \"a\",\n\"password\": secret", "line 3: is no JSON, column 13"),
        ("[", "line 1: ends too early, column 1"),
        (r#"[{"user_id": "a", "password": "p"}, {"password": "p"}]"#, "entry 2: `user_id` is missing"),
        (r#"[{"user_id": "", "password": "p"}]"#, "entry 1: `user_id` is empty"),
        (r#"[{"user_id": 1, "password": "p"}]"#, "entry 1: `user_id` is not a text"),
        (r#"[{"user_id": "a", "password": 1}]"#, "entry 1: `password` is not a text"),
        (r#"[{"user_id": "a", "password": ""}]"#, "entry 1: `password` is empty"),
        (
            r#"[{"user_id": "a", "password": "p", "is_superuser": 1}]"#,
            "entry 1: `is_superuser` is neither true nor false",
        ),
    ] {
        assert_eq!(read(ImportFormat::Json, PasswordForm::Plain, text.as_bytes()).unwrap_err(), expected, "{text}");
    }
    let long = "a".repeat(crate::MAX_USER_ID_BYTES + 1);
    let error = read(ImportFormat::Csv, PasswordForm::Plain, format!("user_id,password\n{long},b").as_bytes());
    assert_eq!(error.unwrap_err(), "line 2: `user_id` has 65536 bytes, and at most 65535 are possible");
    let error = read(ImportFormat::Csv, PasswordForm::Plain, b"user_id,password\na,b\na,secret\xff");
    assert_eq!(error.unwrap_err(), "line 3: is not UTF-8");
    let error = read(ImportFormat::Json, PasswordForm::Plain, &vec![b'['; 10_000]);
    assert!(error.unwrap_err().starts_with("line 1: is no JSON"), "nesting is bounded");
    let too_large = vec![b' '; MAX_IMPORT_BYTES + 1];
    let error = read(ImportFormat::Json, PasswordForm::Plain, &too_large).unwrap_err();
    assert_eq!(error, "the file has 33554433 bytes, and at most 33554432 are read");
}

#[test]
fn formats_and_forms_have_names() {
    let format = |name: &str| ImportFormat::of_file(Path::new(name));
    assert_eq!([format("a/b.csv"), format("b.json")], [Some(ImportFormat::Csv), Some(ImportFormat::Json)]);
    assert_eq!([format("csv"), format("a.CSV.txt")], [None, None]);
    assert_eq!(PasswordForm::from_name("plain"), Some(PasswordForm::Plain));
    assert_eq!(PasswordForm::from_name("hash"), Some(PasswordForm::Hash));
    assert_eq!(PasswordForm::from_name("Plain"), None);
}

proptest! {
    #[test]
    fn whatever_csv_can_say_is_read_back(
        users in prop::collection::vec(("\\PC{1,9}", "[ -~\n]{1,9}", any::<bool>()), 0..6)
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut text = "user_id,password,is_superuser\n".to_owned();
        for (user_id, password, is_superuser) in &users {
            text += &format!("{},{},{is_superuser}\n", quoted(user_id), quoted(password));
        }
        let expected: Vec<_> = users.iter().map(|(id, password, flag)| plain(id, password, *flag)).collect();
        prop_assert_eq!(read(ImportFormat::Csv, PasswordForm::Plain, text.as_bytes()), Ok(expected));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in "(user_id|password|[\",\\[\\]{}:\n]|\\PC){0,60}") {
        for format in [ImportFormat::Csv, ImportFormat::Json] {
            for passwords in [PasswordForm::Plain, PasswordForm::Hash] {
                if let Ok(users) = read(format, passwords, bytes.as_bytes()) {
                    prop_assert!(users.iter().all(|user| !user.user_id.is_empty()));
                }
            }
        }
    }
}
