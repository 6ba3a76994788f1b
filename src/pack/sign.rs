//! Signatures of statements: ed25519 in a DSSE envelope.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::open::digest_of_bytes;
use crate::fault::{Fault, quote};
use crate::load::files::name_of;

/// What is signed.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    keyid: String,
    sig: String,
}

/// A key's file is read, and nothing of it is ever shown.
fn read<K>(path: &Path, what: &str, help: &str, parse: fn(&str) -> Option<K>) -> Result<K, Fault> {
    let name = quote(&name_of(path));
    let text = std::fs::read_to_string(path).map_err(|error| {
        let kind = std::io::Error::from(error.kind());
        Fault::new(format!("the key {name} can't be read: {kind}"), help)
    })?;
    parse(&text).ok_or_else(|| Fault::new(format!("{name} is not {what}"), help))
}

/// Reads the key that signs.
///
/// # Errors
/// What isn't one.
pub fn private_key(path: &Path) -> Result<SigningKey, Fault> {
    let what = "an ed25519 private key in PKCS#8 PEM";
    let help = "make one with `openssl genpkey -algorithm ed25519 -out key.pem`";
    read(path, what, help, |text| SigningKey::from_pkcs8_pem(text).ok())
}

/// Reads the key that a signature is checked with.
///
/// # Errors
/// What isn't one.
pub fn public_key(path: &Path) -> Result<VerifyingKey, Fault> {
    let what = "an ed25519 public key in PEM";
    let help = "make it of the private one with `openssl pkey -in key.pem -pubout -out public.pem`";
    read(path, what, help, |text| VerifyingKey::from_public_key_pem(text).ok())
}

/// SHA-256 of the public key as `openssl pkey -pubout -outform DER` writes it.
pub fn key_id(key: &VerifyingKey) -> String {
    key.to_public_key_der().map_or(String::new(), |der| digest_of_bytes(der.as_bytes()))
}

/// DSSE's pre-authentication encoding: what is signed.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The envelope of a statement.
pub fn envelope(key: &SigningKey, statement: &[u8]) -> Vec<u8> {
    let signature = key.sign(&encoded(statement));
    written(&Envelope {
        payload: BASE64_STANDARD.encode(statement),
        payload_type: PAYLOAD_TYPE.into(),
        signatures: vec![Signed {
            keyid: key_id(&key.verifying_key()),
            sig: BASE64_STANDARD.encode(signature.to_bytes()),
        }],
    })
}

fn written(envelope: &Envelope) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(envelope).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Why an envelope isn't the one of this statement by the key of that id; with the key, also why it
/// isn't signed by it.
///
/// # Errors
/// A sentence.
pub fn check(
    bytes: &[u8],
    statement: &[u8],
    key_id: &str,
    key: Option<&VerifyingKey>,
) -> Result<(), String> {
    let envelope: Envelope =
        serde_json::from_slice(bytes).map_err(|error| format!("it is damaged: {error}"))?;
    if envelope.payload_type != PAYLOAD_TYPE
        || envelope.payload != BASE64_STANDARD.encode(statement)
    {
        return Err("it holds another statement than the pack".into());
    }
    let [signed] = envelope.signatures.as_slice() else {
        return Err("it has not exactly one signature".into());
    };
    let signature = BASE64_STANDARD.decode(&signed.sig).ok();
    let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
    let Some(signature) = signature else { return Err("its signature is damaged".into()) };
    if signed.keyid != key_id {
        return Err("it is signed with another key than the manifest names".into());
    }
    if written(&envelope) != bytes {
        return Err("it is not as it was written".into());
    }
    match key {
        Some(key) if self::key_id(key) != key_id => Err("it is signed with another key".into()),
        Some(key) => key
            .verify_strict(&encoded(statement), &signature)
            .map_err(|_| "its signature is wrong".into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_encoded_as_the_protocol_says() {
        // DSSE v1, protocol.md: PAE with the lengths in bytes.
        let made = encoded("{\"é\"}".as_bytes());
        assert_eq!(made, "DSSEv1 28 application/vnd.in-toto+json 6 {\"é\"}".as_bytes());
    }

    #[test]
    fn only_the_statement_that_was_signed_by_that_key_is_good() {
        let (key, other) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
        let (public, id) = (key.verifying_key(), key_id(&key.verifying_key()));
        let good = envelope(&key, b"yes");
        assert_eq!(check(&good, b"yes", &id, Some(&public)), Ok(()));
        assert!(check(&good, b"no", &id, Some(&public)).is_err());
        assert!(check(&good, b"yes", &id, Some(&other.verifying_key())).is_err());
        assert!(check(&envelope(&other, b"yes"), b"yes", &id, None).is_err());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(check(&bad, b"yes", &id, Some(&public)).is_err(), "byte {at}");
        }
    }
}
