//! The command line that starts a broker, without a shell.
//!
//! Words are split at spaces; quotes keep words together and a backslash takes the next character as it is. Placeholders:
//! `{port}` is a free TCP port, `{dir}` an empty folder that is removed afterwards, and `{config:FILE}` a copy of FILE in
//! that folder in which `{port}` and `{dir}` are filled in, for brokers that take the port from a file only.

use crate::error::RunError;
use std::fs;
use std::path::Path;

/// A checked command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerCommand {
    name: String,
    words: Vec<String>,
}

impl BrokerCommand {
    /// Splits a command line.
    ///
    /// # Errors
    /// It is empty, or a quote is not closed.
    pub fn parse(line: &str) -> Result<Self, RunError> {
        let words = split(line).ok_or_else(|| RunError::Usage(format!("a quote is not closed in: {line}")))?;
        let is_program = |word: &&String| !word.contains('=') && *word != "env" && !word.ends_with("/env");
        let program =
            words.iter().find(is_program).ok_or_else(|| RunError::Usage("empty broker command".to_owned()))?;
        let name = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy().into_owned();
        Ok(Self { name, words })
    }

    /// File name of the program.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the broker another name in reports.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The words with all placeholders filled in; copies of configuration files are written to `folder`.
    ///
    /// # Errors
    /// A configuration file cannot be read or copied.
    pub fn words(&self, port: u16, folder: &Path) -> Result<Vec<String>, RunError> {
        let fill = |text: &str| text.replace("{port}", &port.to_string()).replace("{dir}", &folder.to_string_lossy());
        self.words.iter().map(|word| Ok(fill(&copy_configuration(word, folder, &fill)?))).collect()
    }
}

/// Replaces `{config:FILE}` in a word by the path of a filled-in copy.
fn copy_configuration(word: &str, folder: &Path, fill: &impl Fn(&str) -> String) -> Result<String, RunError> {
    let Some((before, rest)) = word.split_once("{config:") else { return Ok(word.to_owned()) };
    let Some((file, after)) = rest.split_once('}') else {
        return Err(RunError::Usage(format!("{{config:FILE}} is not closed in: {word}")));
    };
    let template = fs::read_to_string(file).map_err(|error| RunError::Usage(format!("cannot read {file}: {error}")))?;
    let name = Path::new(file).file_name().ok_or_else(|| RunError::Usage(format!("{file} is not a file")))?;
    let copy = folder.join(name);
    fs::write(&copy, fill(&template))?;
    Ok(format!("{before}{}{after}", copy.display()))
}

/// `None` when a quote is not closed.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == character => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().push(characters.next()?),
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_like_a_shell_does_it() {
        let command = BrokerCommand::parse(r#"env A='x y' /opt/my\ broker -c "a b.conf" '' -p {port}"#).unwrap();
        assert_eq!(command.name(), "my broker");
        let words = command.words(1884, Path::new("/nowhere")).unwrap();
        assert_eq!(words, ["env", "A=x y", "/opt/my broker", "-c", "a b.conf", "", "-p", "1884"]);
        assert!(BrokerCommand::parse("broker 'open").is_err());
        assert!(BrokerCommand::parse("  ").is_err());
    }

    #[test]
    fn a_configuration_file_is_copied_with_the_port() {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("template.toml");
        fs::write(&template, "listen = \"127.0.0.1:{port}\"").unwrap();
        let copies = folder.path().join("copies");
        fs::create_dir(&copies).unwrap();
        let command = BrokerCommand::parse(&format!("rumqttd --config={{config:{}}}", template.display())).unwrap();
        let words = command.words(1885, &copies).unwrap();
        let copy = copies.join("template.toml");
        assert_eq!(words[1], format!("--config={}", copy.display()));
        assert_eq!(fs::read_to_string(copy).unwrap(), "listen = \"127.0.0.1:1885\"");
    }
}
