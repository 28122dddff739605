//! Texts to one tree.

use crate::assemble::Assembler;
use crate::error::HoconError;
use crate::limits::Limits;
use crate::node::Node;
use crate::resolve::Resolver;

/// A file that a text wants to include.
#[derive(Clone, Copy, Debug)]
pub struct IncludeRequest<'a> {
    /// The path as it is written.
    pub path: &'a str,
    /// Name of the text that wants it; a relative path is meant to begin beside it.
    pub from: &'a str,
    /// Whether it must be there: `include required("…")`.
    pub is_required: bool,
}

/// A file that is included.
#[derive(Clone, Debug)]
pub struct Included {
    /// Its name, in errors and origins. The same file must have the same name however it is reached: a file that includes
    /// itself is recognised by it.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What gives files.
pub(crate) type IncludeFunction<'a> = dyn FnMut(&IncludeRequest<'_>) -> Result<Option<Included>, String> + 'a;
/// What gives environment variables.
pub(crate) type VariableFunction<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads texts. It has no access to files or to the environment but through the functions it is given.
pub struct Reader<'a> {
    limits: Limits,
    include: Box<IncludeFunction<'a>>,
    variable: Box<VariableFunction<'a>>,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Reader<'a> {
    /// A reader without variables, for which `include` is an error.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            include: Box::new(|_| Err("files cannot be included here".into())),
            variable: Box::new(|_| None),
        }
    }

    /// With other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// `include` gets a file: `Ok(None)` if there is none, which is an error only where it is required, `Err` with the reason
    /// if it cannot be read.
    #[must_use]
    pub fn includes(
        mut self,
        include: impl FnMut(&IncludeRequest<'_>) -> Result<Option<Included>, String> + 'a,
    ) -> Self {
        self.include = Box::new(include);
        self
    }

    /// `variable` gives values to `${NAME}` that no key has.
    #[must_use]
    pub fn variables(mut self, variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.variable = Box::new(variable);
        self
    }

    /// Reads one text. `name` is for errors and origins.
    ///
    /// # Errors
    /// [`HoconError`] for the first thing that is wrong.
    pub fn read(&mut self, name: &str, text: &str) -> Result<Node, HoconError> {
        self.read_layers(&[(name, text)])
    }

    /// Reads texts, each a name and what it says, as if they stood behind each other: the last one wins, and each can use
    /// values of all others.
    ///
    /// # Errors
    /// [`HoconError`] for the first thing that is wrong.
    pub fn read_layers(&mut self, texts: &[(&str, &str)]) -> Result<Node, HoconError> {
        let mut assembler = Assembler::new(&self.limits, &mut *self.include);
        for (name, text) in texts {
            assembler.add(name, text)?;
        }
        let (arena, root) = (assembler.arena, assembler.root);
        Resolver::new(&arena, root, &self.limits, &*self.variable).root()
    }
}

#[cfg(test)]
mod tests;
