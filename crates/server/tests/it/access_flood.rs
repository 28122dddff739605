//! A flood of logins whose passwords are dear to look at.

use dunlin_codec::Connect;
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, TestBroker, Way};

fn login<'a>(connect: &mut Connect<'a>, password: &'a [u8]) {
    (connect.username, connect.password) = (Some("ann"), Some(password));
}

/// One after the other they would take far longer than anybody may wait.
#[test]
fn bad_logins_of_one_address_do_not_keep_those_of_another_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.csv");
    std::fs::write(&users, "user_id,password,is_superuser\nann,right,false\n").expect("it can be written");
    let broker = TestBroker::with(&format!(
        "authentication = [{{ mechanism = password_based, backend = built_in_database, \
         password_hash_algorithm {{ name = bcrypt, salt_rounds = 10 }}, bootstrap_file = \"{}\", bootstrap_type = plain }}]",
        users.display()
    ));
    let from_elsewhere = Way::tcp().from([127, 0, 0, 2].into());
    let ids: Vec<_> = (0..300).map(|number| format!("intruder-{number}")).collect();
    let flood: Vec<_> = ids
        .iter()
        .map(|id| {
            let connecting = Client::v5(id).through(&from_elsewhere).with(|connect| login(connect, b"wrong"));
            connecting.send_connect(broker.address())
        })
        .collect();
    for _ in 0..5 {
        let mut good = Client::v5("good").with(|connect| login(connect, b"right")).send_connect(broker.address());
        assert_eq!(good.recv().connack().reason_code, ReasonCode::Success);
        good.disconnect();
    }
    drop(flood);
}
