//! Where keys come from, and what is said where there is none.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use sync_core::secrecy::ExposeSecret;
use sync_core::{KeyError, SealingKey, SealingKeys, SecretString};

use super::{Folder, KEY, OTHER_KEY, key};

const FORM: &str =
    "a key is 64 hex digits (`openssl rand -hex 32` makes one) or 32 bytes in base64 (44 characters)";

/// What is said, which must show nothing of the key.
fn told<T: std::fmt::Debug>(result: Result<T, KeyError>) -> String {
    let error = result.unwrap_err();
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("5ec2e7") && !shown.contains("s3cr3t") && !shown.contains("XsLn"), "{shown}");
    error.to_string()
}

fn ids(keys: &SealingKeys) -> Vec<String> {
    let shown = format!("{keys:?}");
    shown.split("id: ").skip(1).map(|rest| rest[..16].to_owned()).collect()
}

#[test]
fn a_new_key_is_a_different_one_each_time_and_comes_back_from_its_text() {
    let (one, other) = (SealingKey::generate().unwrap(), SealingKey::generate().unwrap());
    assert_ne!(one.id(), other.id());
    let text = one.to_secret_text();
    assert_eq!(text.expose_secret().len(), 64);
    assert_eq!(SealingKey::from_text(&text).unwrap().id(), one.id());
    assert_eq!(key(KEY).to_secret_text().expose_secret(), KEY);
}

#[test]
fn a_key_is_the_same_in_every_form() {
    // What `echo 5ec2e7..01 | xxd -r -p | base64` says.
    let base64 = "XsLnAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";
    for text in [KEY.to_uppercase(), format!("\t{KEY}\r\n"), base64.to_owned()] {
        assert_eq!(key(&text).to_secret_text().expose_secret(), KEY);
    }
    assert_eq!(key(KEY).id(), "da33053b3e82d733", "the id of a key never changes");
}

#[test]
fn a_text_that_is_no_key_is_told_by_what_is_wrong_with_it() {
    let unpadded = "XsLnAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE";
    for (text, problem) in [
        (String::new(), "it holds no key"),
        (KEY[..63].to_owned(), "it has 63 characters"),
        (format!("{KEY}0"), "it has 65 characters"),
        (KEY[..43].to_owned(), "it has 43 characters"),
        (KEY[..44].to_owned(), "it is not the base64 of 32 bytes"),
        (unpadded.to_owned(), "it has 43 characters"),
        (format!("{}==", &unpadded[..42]), "it is not the base64 of 32 bytes"),
        (format!("{}*=", &unpadded[..42]), "it is not the base64 of 32 bytes"),
        (format!("{}g", &KEY[..63]), "its character 64 is no hex digit"),
        (format!("+{}", &KEY[1..]), "its character 1 is no hex digit"),
        (format!("{}é", &KEY[..62]), "its character 63 is no hex digit"),
        ("s3cr3t é".to_owned(), "it has 8 characters"),
    ] {
        let expected = format!("the sealing key: {problem}: {FORM}");
        assert_eq!(told(SealingKey::from_text(&text.into())), expected);
    }
}

#[test]
fn a_list_has_one_key_a_line_and_the_first_is_current() {
    let text = format!("# the keys\r\n\r\n  {OTHER_KEY} \r\n# until March\n{KEY}");
    let keys = SealingKeys::from_text(&text.into()).unwrap();
    assert_eq!(ids(&keys), [key(OTHER_KEY).id(), key(KEY).id()]);
    let keys = SealingKeys::new(key(KEY)).also(key(OTHER_KEY)).also(key(KEY)).also(key(OTHER_KEY));
    assert_eq!(ids(&keys), [key(KEY).id(), key(OTHER_KEY).id()], "each is held once");
}

#[test]
fn a_list_that_is_wrong_is_told_by_its_line() {
    for (text, expected) in [
        (String::new(), format!("the sealing keys: it holds no key: {FORM}")),
        ("\n# none yet\n".to_owned(), format!("the sealing keys: it holds no key: {FORM}")),
        (format!("{KEY}\n\n5ec2e7"), format!("the sealing keys, line 3: it has 6 characters: {FORM}")),
        (
            format!("#\n{KEY}\n{OTHER_KEY}\n{}", KEY.to_uppercase()),
            "the sealing keys, line 4: it is the key of line 2 again: name each key once, the present one first"
                .to_owned(),
        ),
    ] {
        assert_eq!(told(SealingKeys::from_text(&text.into())), expected);
    }
}

#[test]
fn keys_come_from_a_function() {
    let keys = SealingKeys::from_fn(|| Ok::<_, io::Error>(SecretString::from(KEY))).unwrap();
    assert_eq!(ids(&keys), [key(KEY).id()]);
    let error = SealingKeys::from_fn(|| Err(io::Error::other("the vault is sealed"))).unwrap_err();
    assert!(!error.is_missing());
    assert_eq!(
        error.to_string(),
        "the function that reads the sealing keys: it gave no key: the vault is sealed"
    );
    let empty = SealingKeys::from_fn(|| Ok::<_, String>(SecretString::from(" \n")));
    assert_eq!(told(empty), format!("the function that reads the sealing keys: it holds no key: {FORM}"));
}

#[cfg(unix)]
fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn keys_come_from_a_file_that_is_its_owner_s_alone() {
    let folder = Folder::new();
    let path = folder.file("sealing.key");
    let name = path.display();
    let error = SealingKeys::from_file(&path).unwrap_err();
    assert!(error.is_missing());
    assert_eq!(
        error.to_string(),
        format!(
            "file {name}: there is no such file: make a key with `(umask 077; openssl rand -hex 32 > '{name}')`"
        )
    );
    for mode in [0o600, 0o400] {
        write(&path, format!("{KEY}\n"), mode);
        assert_eq!(ids(&SealingKeys::from_file(&path).unwrap()), [key(KEY).id()]);
    }
    for mode in [0o640, 0o604, 0o620, 0o602, 0o644] {
        write(&path, KEY, mode);
        let error = SealingKeys::from_file(&path).unwrap_err();
        assert!(!error.is_missing());
        let expected = format!("others may read it (its mode is 0{mode:o}): `chmod 600 '{name}'`");
        assert_eq!(error.to_string(), format!("file {name}: {expected}"));
    }
    for (content, expected) in [
        (&b""[..], format!(": it holds no key: {FORM}")),
        (b"\xff\xfe", format!(": it is not text: {FORM}")),
        (b"\n5ec2e7\n", format!(", line 2: it has 6 characters: {FORM}")),
        (&vec![b'#'; 64 * 1024], format!(": it is too long for a list of keys: {FORM}")),
    ] {
        write(&path, content, 0o600);
        assert_eq!(told(SealingKeys::from_file(&path)), format!("file {name}{expected}"));
    }
    let error = told(SealingKeys::from_file(&folder.0));
    let name = folder.0.display();
    assert!(error.starts_with(&format!("file {name}: it cannot be read: Is a directory")), "{error}");
}

/// Runs itself again, because a test cannot change its own environment, and gives what was told.
fn in_environment(value: Option<&OsStr>) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "keys::tells_of_its_environment", "--ignored", "--nocapture"]);
    match value {
        Some(value) => child.env("SYNC_TEST_KEY", value),
        None => child.env_remove("SYNC_TEST_KEY"),
    };
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    output.lines().find_map(|line| line.strip_prefix("told: ")).unwrap().to_owned()
}

#[test]
#[ignore = "started by another test"]
#[allow(clippy::print_stdout, reason = "speaks to its parent")]
fn tells_of_its_environment() {
    match SealingKeys::from_env("SYNC_TEST_KEY") {
        Ok(keys) => println!("\ntold: {}", ids(&keys).join(" ")),
        Err(error) if error.is_missing() => println!("\ntold: missing: {error}"),
        error => println!("\ntold: {}", told(error)),
    }
}

#[test]
fn keys_come_from_the_environment() {
    let both = format!("{KEY}\n{OTHER_KEY}");
    assert_eq!(in_environment(Some(both.as_ref())), format!("{} {}", key(KEY).id(), key(OTHER_KEY).id()));
    let place = "environment variable SYNC_TEST_KEY";
    assert_eq!(in_environment(None), format!("missing: {place}: it is not set: {FORM}"));
    assert_eq!(in_environment(Some("".as_ref())), format!("{place}: it holds no key: {FORM}"));
    let short = in_environment(Some(KEY[..60].as_ref()));
    assert_eq!(short, format!("{place}, line 1: it has 60 characters: {FORM}"));
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;

        let no_text = in_environment(Some(&OsString::from_vec(b"5ec2e7\xff".to_vec())));
        assert_eq!(no_text, format!("{place}: it is not text: {FORM}"));
    }
}
