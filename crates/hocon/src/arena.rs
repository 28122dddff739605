//! What a text says, merged but not resolved: for each key what was said about it, one above the other.

use crate::error::{Fault, HoconError};
use crate::node::Value;
use crate::origin::Origin;
use crate::source_file::SourceFile;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Index of a [`Slot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SlotId(usize);

/// Index of the fields of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObjectId(usize);

/// A place in one of the texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) offset: usize,
}

/// A key: what was said about it, the first at the bottom.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) layers: Vec<Layer>,
}

/// What was said about a key at one place.
pub(crate) struct Layer {
    pub(crate) content: Content,
    pub(crate) place: Place,
}

pub(crate) enum Content {
    /// A single value.
    Fixed(Value),
    /// Fields, of all objects that follow each other.
    Object(ObjectId),
    /// Parts to be joined.
    Joined(Vec<Part>),
    /// One more item for the list below: `+=`.
    Appended(Item),
}

/// A part of a value that needs resolving.
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) place: Place,
}

pub(crate) enum PartKind {
    Blank(String),
    Single(Value),
    Reference(Reference),
    Object(ObjectId),
    List(Vec<Item>),
}

/// An item of a list.
pub(crate) struct Item {
    pub(crate) parts: Vec<Part>,
    pub(crate) place: Place,
}

/// `${path}`, looked for below `base`, where its file is included, and then from the root.
pub(crate) struct Reference {
    pub(crate) path: Vec<String>,
    pub(crate) base: Rc<[String]>,
    pub(crate) is_optional: bool,
}

/// All texts and what they say.
#[derive(Default)]
pub(crate) struct Arena {
    pub(crate) files: Vec<SourceFile>,
    slots: Vec<Slot>,
    objects: Vec<BTreeMap<String, SlotId>>,
}

impl Arena {
    pub(crate) fn slot(&self, id: SlotId) -> &Slot {
        &self.slots[id.0]
    }

    pub(crate) fn fields(&self, id: ObjectId) -> &BTreeMap<String, SlotId> {
        &self.objects[id.0]
    }

    pub(crate) fn new_object(&mut self) -> ObjectId {
        self.objects.push(BTreeMap::new());
        ObjectId(self.objects.len() - 1)
    }

    /// The slot of a field, made if there is none.
    pub(crate) fn field(&mut self, object: ObjectId, key: &str) -> SlotId {
        if let Some(id) = self.objects[object.0].get(key) {
            return *id;
        }
        self.slots.push(Slot::default());
        let id = SlotId(self.slots.len() - 1);
        self.objects[object.0].insert(key.to_owned(), id);
        id
    }

    /// The object on top of a slot, made if there is none.
    pub(crate) fn open_object(&mut self, slot: SlotId, place: Place) -> ObjectId {
        if let Some(Layer { content: Content::Object(id), place: last }) = self.slots[slot.0].layers.last_mut() {
            *last = place;
            return *id;
        }
        let id = self.new_object();
        self.push(slot, Layer { content: Content::Object(id), place });
        id
    }

    /// Says more about a slot. A single value hides what was said before for good.
    pub(crate) fn push(&mut self, slot: SlotId, layer: Layer) {
        let layers = &mut self.slots[slot.0].layers;
        if matches!(layer.content, Content::Fixed(_)) {
            layers.clear();
        }
        layers.push(layer);
    }

    pub(crate) fn origin(&self, place: Place) -> Origin {
        self.files.get(place.file).map_or(Origin::Default, |file| file.origin(place.offset))
    }

    /// The error of a text.
    pub(crate) fn error(&self, file: usize, fault: Fault) -> HoconError {
        self.files[file].locate(fault)
    }
}
