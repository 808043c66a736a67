//! What opens, and what is said of what does not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sync_core::secrecy::ExposeSecret;
use sync_core::{Binding, Rev, Seal, SealError, SealingKeys, XChaChaSeal};

use super::{KEY, OTHER_KEY, account, key, seal};

const PLAIN: &[u8] = b"s3cr3t-record";

/// The parts of a sealed record: where each ends.
const MAGIC: usize = 4;
const KEY_ID: usize = 12;
const PLACE: usize = 20;
const LENGTH: usize = 24;

fn opened(seal: &dyn Seal, id: &str, rev: u64, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let account = account(id);
    let plain = seal.open(Binding { account: &account, rev: Rev::from(rev) }, sealed)?;
    Ok(plain.expose_secret().to_vec())
}

fn sealed(seal: &dyn Seal, id: &str, rev: u64, plain: &[u8]) -> Vec<u8> {
    seal.seal(Binding { account: &account(id), rev: Rev::from(rev) }, plain).unwrap()
}

#[test]
fn a_record_opens_in_its_place_and_nowhere_else() {
    let seal = seal(&[KEY]);
    for plain in [PLAIN, b"", &vec![0; 70_000]] {
        let record = sealed(&*seal, "5", 1, plain);
        assert_eq!(opened(&*seal, "5", 1, &record).unwrap(), plain);
        assert_eq!(opened(&*seal, "5", 2, &record), Err(SealError::Misplaced), "another version");
        assert_eq!(opened(&*seal, "6", 1, &record), Err(SealError::Misplaced), "another account");
    }
}

#[test]
fn a_record_that_another_implementation_sealed_opens_in_every_version() {
    // Made from the description of the form, by a program in another language.
    let record = "U0NTAdozBTs+gtcz38YFpdg8F8YAAAANAAECAwQFBgcICQoLDA0ODxAREhMUFRYXh3Zt04OJKn3sW+93eiS1n0QcBJU1xsCf\
        WvDPW3o=";
    let record = STANDARD.decode(record).unwrap();
    assert_eq!(opened(&*seal(&[KEY]), "5", 1, &record).unwrap(), PLAIN);
}

#[test]
fn a_record_whose_place_was_forged_does_not_open() {
    let seal = seal(&[KEY]);
    let (record, other) = (sealed(&*seal, "5", 1, PLAIN), sealed(&*seal, "5", 2, PLAIN));
    let forged = [&record[..KEY_ID], &other[KEY_ID..PLACE], &record[PLACE..]].concat();
    assert_eq!(opened(&*seal, "5", 2, &forged), Err(SealError::Changed));
}

#[test]
fn a_record_shows_nothing_of_its_content_and_never_looks_the_same_twice() {
    let seal = seal(&[KEY]);
    let records = [sealed(&*seal, "5", 1, PLAIN), sealed(&*seal, "5", 1, PLAIN)];
    assert_ne!(
        records[0][LENGTH..LENGTH + 24],
        records[1][LENGTH..LENGTH + 24],
        "the nonce is new each time"
    );
    for record in records {
        assert!(!record.windows(6).any(|part| part == b"s3cr3t"));
    }
}

#[test]
fn a_record_that_is_cut_anywhere_is_said_to_be_cut() {
    let seal = seal(&[KEY]);
    let record = sealed(&*seal, "5", 1, PLAIN);
    for end in 0..record.len() {
        let error = opened(&*seal, "5", 1, &record[..end]).unwrap_err();
        assert!(matches!(error, SealError::Cut { found, .. } if found == end), "{end}: {error}");
    }
    let longer = [&record[..], b"\0"].concat();
    let error = opened(&*seal, "5", 1, &longer).unwrap_err();
    let (found, expected) = (longer.len(), record.len());
    assert!(error.to_string().starts_with(&format!("it is cut: {found} bytes of {expected};")), "{error}");
}

#[test]
fn a_record_with_any_bit_changed_does_not_open_and_the_reason_is_told() {
    let seal = seal(&[KEY]);
    let record = sealed(&*seal, "5", 1, PLAIN);
    for at in 0..record.len() {
        for bit in 0..8 {
            let mut changed = record.clone();
            changed[at] ^= 1 << bit;
            let error = opened(&*seal, "5", 1, &changed).unwrap_err();
            let told = match at {
                0..MAGIC => error == SealError::UnknownFormat,
                MAGIC..KEY_ID => matches!(error, SealError::UnknownKey { .. }),
                KEY_ID..PLACE => error == SealError::Misplaced,
                PLACE..LENGTH => matches!(error, SealError::Cut { .. }),
                _ => error == SealError::Changed,
            };
            assert!(told, "byte {at}: {error}");
        }
    }
}

#[test]
fn what_is_no_sealed_record_is_no_record_of_a_known_form() {
    let seal = seal(&[KEY]);
    for text in
        [&b"{"[..], b"{\"format\":1}", b"SCS\x02 a newer form that is long enough, and 64 bytes or more ..."]
    {
        assert_eq!(opened(&*seal, "5", 1, text), Err(SealError::UnknownFormat));
        assert!(!seal.is_current(text));
    }
    assert!(!seal.is_current(b"") && !seal.is_current(b"SCS\x01"));
}

#[test]
fn a_wrong_key_is_named_and_so_are_those_at_hand() {
    let record = sealed(&*seal(&[KEY]), "5", 1, PLAIN);
    let third = "5ec2e70000000000000000000000000000000000000000000000000000000003";
    let error = opened(&*seal(&[OTHER_KEY, third]), "5", 1, &record).unwrap_err();
    let held = format!("{}, {}", key(OTHER_KEY).id(), key(third).id());
    assert_eq!(
        error.to_string(),
        format!(
            "it is sealed with the key {}, and this program holds {held}: give it that key as well (an old key goes \
             below the new one), or put the right one back",
            key(KEY).id()
        )
    );
    let forged =
        [&record[..MAGIC], &sealed(&*seal(&[OTHER_KEY]), "5", 1, PLAIN)[MAGIC..KEY_ID], &record[KEY_ID..]];
    assert_eq!(opened(&*seal(&[OTHER_KEY]), "5", 1, &forged.concat()), Err(SealError::Changed));
}

#[test]
fn an_older_key_opens_and_the_current_one_seals() {
    let (old, both) = (seal(&[KEY]), seal(&[OTHER_KEY, KEY]));
    let record = sealed(&*old, "5", 1, PLAIN);
    assert!(old.is_current(&record) && !both.is_current(&record));
    assert_eq!(opened(&*both, "5", 1, &record).unwrap(), PLAIN);
    let record = sealed(&*both, "5", 1, PLAIN);
    assert!(both.is_current(&record) && !old.is_current(&record));
    assert_eq!(opened(&*seal(&[OTHER_KEY]), "5", 1, &record).unwrap(), PLAIN);
}

#[test]
fn debug_shows_the_ids_of_keys_alone() {
    let keys = SealingKeys::new(key(KEY)).also(key(OTHER_KEY));
    let (id, other_id) = (key(KEY).id(), key(OTHER_KEY).id());
    let expected = format!(
        "SealingKeys {{ current: SealingKey {{ id: {id}, .. }}, older: [SealingKey {{ id: {other_id}, .. }}] }}"
    );
    assert_eq!(format!("{keys:?}"), expected);
    assert_eq!(format!("{:?}", XChaChaSeal::new(keys)), format!("XChaChaSeal {{ keys: {expected} }}"));
    let account = account("5");
    let binding = format!("{:?}", Binding { account: &account, rev: Rev::FIRST });
    assert_eq!(binding, "Binding { account: AccountKey(\"moloni:5\"), rev: Rev(1) }");
}
