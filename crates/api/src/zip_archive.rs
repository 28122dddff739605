//! A zip archive of one file that is not compressed (APPNOTE.TXT of PKWARE, 4.3).
//!
//! ```text
//! local header (30 bytes) | name | content | central header (46 bytes) | name | end (22 bytes)
//! ```

/// The polynomial of the checksum, its bits the other way round.
const CRC_POLYNOMIAL: u32 = 0xedb8_8320;

/// 1 January 1980: the beginning of time in an archive.
const NO_DATE: u16 = (1 << 5) | 1;

/// The archive; `None` where the file or its name is too long for the format.
pub(crate) fn zip_of_one(name: &str, content: &[u8]) -> Option<Vec<u8>> {
    let size = u32::try_from(content.len()).ok()?;
    let name_bytes = u16::try_from(name.len()).ok()?;
    let crc = crc_32(content);
    let mut archive = Vec::with_capacity(content.len().checked_add(128)?.checked_add(2 * name.len())?);
    let facts = |archive: &mut Vec<u8>| {
        // Version 2.0, names in UTF-8, stored, no time.
        for number in [20, 1 << 11, 0, 0, NO_DATE] {
            archive.extend_from_slice(&u16::to_le_bytes(number));
        }
        for number in [crc, size, size] {
            archive.extend_from_slice(&number.to_le_bytes());
        }
        archive.extend_from_slice(&name_bytes.to_le_bytes());
        archive.extend_from_slice(&[0; 2]);
    };
    archive.extend_from_slice(b"PK\x03\x04");
    facts(&mut archive);
    archive.extend_from_slice(name.as_bytes());
    archive.extend_from_slice(content);
    let directory_at = u32::try_from(archive.len()).ok()?;
    archive.extend_from_slice(b"PK\x01\x02\x14\x00");
    facts(&mut archive);
    // No comment, first disk, no attributes, and where the local header is.
    archive.extend_from_slice(&[0; 14]);
    archive.extend_from_slice(name.as_bytes());
    let directory_bytes = u32::try_from(archive.len()).ok()?.checked_sub(directory_at)?;
    archive.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    archive.extend_from_slice(&directory_bytes.to_le_bytes());
    archive.extend_from_slice(&directory_at.to_le_bytes());
    archive.extend_from_slice(&[0; 2]);
    Some(archive)
}

fn crc_32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|index| {
        (0..8).fold(u32::try_from(index).unwrap_or(0), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { CRC_POLYNOMIAL } else { 0 }
        })
    });
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
    }

    /// Python reads it.
    #[test]
    fn others_read_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, zip_of_one("n@h/trace_t.log", b"a line\n").unwrap()).unwrap();
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                      print(z.namelist(), z.read(z.namelist()[0]))";
        let output = Command::new("python3").args(["-c", script]).arg(&path).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "['n@h/trace_t.log'] b'a line\\n'\n", "{output:?}");
    }
}
