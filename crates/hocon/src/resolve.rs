//! From what the texts say to values: substitutions, joins, layers.
//!
//! `${a.b}` is found by walking down from the root, not by resolving `a` as a whole: an object may use its own fields. A
//! substitution in a value of the very key it names means what that key had before. Every other way back to a value that is
//! being resolved is an error, whichever value is asked for first.

use crate::arena::{Arena, Content, Item, Layer, ObjectId, Part, PartKind, Place, Reference, SlotId};
use crate::error::{Fault, HoconError};
use crate::limits::Limits;
use crate::node::{Node, Object, Value};
use crate::origin::Origin;
use crate::reader::VariableFunction;
use std::collections::{HashMap, HashSet};

/// Values inside each other, through substitutions too. The stack of a thread is not endless.
const MAX_STEPS_DOWN: usize = 160;

/// A layer of a slot: what is being resolved.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    slot: SlotId,
    layer: usize,
}

/// What a layer has at a path.
enum Found {
    /// Nothing, but layers below may.
    Nothing,
    Value(Node),
    /// Something that has no fields, so layers below do not count.
    Hidden,
}

pub(crate) struct Resolver<'a> {
    arena: &'a Arena,
    root: ObjectId,
    limits: &'a Limits,
    variable: &'a VariableFunction<'a>,
    resolved: HashMap<SlotId, Option<Node>>,
    /// Slots that are being resolved, with the number of layers that count.
    busy: HashSet<(SlotId, usize)>,
    steps_down: usize,
    nodes: usize,
    value_bytes: usize,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        arena: &'a Arena,
        root: ObjectId,
        limits: &'a Limits,
        variable: &'a VariableFunction<'a>,
    ) -> Self {
        Self {
            arena,
            root,
            limits,
            variable,
            resolved: HashMap::new(),
            busy: HashSet::new(),
            steps_down: 0,
            nodes: 0,
            value_bytes: 0,
        }
    }

    /// The whole tree.
    pub(crate) fn root(mut self) -> Result<Node, HoconError> {
        let value = self.object(self.root)?;
        let name = self.arena.files.last().map(|file| file.name.clone());
        let origin = name.map_or(Origin::Default, |name| Origin::File { name, line: 1 });
        Ok(Node { value, origin })
    }

    fn object(&mut self, object: ObjectId) -> Result<Value, HoconError> {
        let arena = self.arena;
        let mut fields = Object::new();
        for (key, slot) in arena.fields(object) {
            let Some(layer) = arena.slot(*slot).layers.last() else { continue };
            if let Some(node) = self.slot(*slot, None, layer.place)? {
                fields.insert(key.clone(), node);
            }
        }
        Ok(Value::Object(fields))
    }

    /// The value of a key, or of its first `count` layers. `place` asks for it.
    fn slot(&mut self, slot: SlotId, count: Option<usize>, place: Place) -> Result<Option<Node>, HoconError> {
        if count.is_none()
            && let Some(node) = self.resolved.get(&slot).cloned()
        {
            self.charge(node.as_ref(), place)?;
            return Ok(node);
        }
        let arena = self.arena;
        let upper = count.unwrap_or(arena.slot(slot).layers.len());
        if !self.busy.insert((slot, upper)) {
            return Err(self.endless(place));
        }
        self.enter(place)?;
        let mut above = Vec::new();
        for layer in (0..upper).rev() {
            let Some(node) = self.layer(Owner { slot, layer })? else { continue };
            let has_fields = node.value.as_object().is_some();
            above.push((node, arena.slot(slot).layers[layer].place));
            if !has_fields {
                break;
            }
        }
        let node = self.fold(above)?;
        self.steps_down -= 1;
        self.busy.remove(&(slot, upper));
        if count.is_none() {
            self.resolved.insert(slot, node.clone());
        }
        Ok(node)
    }

    /// Lays values over each other, the lowest last.
    fn fold(&self, mut above: Vec<(Node, Place)>) -> Result<Option<Node>, HoconError> {
        let Some((mut node, _)) = above.pop() else { return Ok(None) };
        while let Some((upper, place)) = above.pop() {
            node.merge(upper).map_err(|error| {
                self.error(Fault::substitution(place.offset, error.problem(), error.remedy()), place)
            })?;
        }
        Ok(Some(node))
    }

    fn layer(&mut self, owner: Owner) -> Result<Option<Node>, HoconError> {
        let arena = self.arena;
        let layer = &arena.slot(owner.slot).layers[owner.layer];
        let value = match &layer.content {
            Content::Fixed(value) => value.clone(),
            Content::Object(object) => self.object(*object)?,
            Content::Joined(parts) => return self.join(parts, layer.place, owner),
            Content::Appended(_) => self.appended(owner, layer.place)?,
        };
        let node = Node { value, origin: arena.origin(layer.place) };
        self.charge_one(&node, layer.place)?;
        Ok(Some(node))
    }

    /// A list with everything that layers up to this one append. They are gone through and not into: there may be many.
    fn appended(&mut self, owner: Owner, place: Place) -> Result<Value, HoconError> {
        let arena = self.arena;
        let layers = &arena.slot(owner.slot).layers[..=owner.layer];
        let is_appended = |layer: &Layer| matches!(layer.content, Content::Appended(_));
        let base = layers.iter().rposition(|layer| !is_appended(layer)).map_or(0, |index| index + 1);
        let below = self.slot(owner.slot, Some(base), place)?.map_or(Value::Null, |node| node.value);
        let mut items = match (below.as_list(), &below) {
            (Some(items), _) => items.into_iter().cloned().collect(),
            (None, Value::Null) => Vec::new(),
            (None, other) => {
                let problem = format!("nothing can be appended to {other}");
                let fault = Fault::substitution(place.offset, problem, "write `=`, or make it a list before");
                return Err(self.error(fault, place));
            }
        };
        for (layer, content) in layers.iter().enumerate().skip(base).map(|(index, layer)| (index, &layer.content)) {
            if let Content::Appended(Item { parts, place }) = content {
                items.extend(self.join(parts, *place, Owner { slot: owner.slot, layer })?);
            }
        }
        Ok(Value::List(items))
    }

    /// The parts of a value joined; `None` if all of them are optional substitutions that lead nowhere.
    fn join(&mut self, parts: &[Part], place: Place, owner: Owner) -> Result<Option<Node>, HoconError> {
        let origin = self.arena.origin(place);
        let mut values = Vec::new();
        for part in parts {
            if let Some(value) = self.part(part, owner)? {
                values.push((value, part));
            }
        }
        let is_blank = |part: &Part| matches!(part.kind, PartKind::Blank(_));
        // Blanks stand between others, unless one beside them is an optional substitution that leads nowhere.
        while values.last().is_some_and(|(_, part)| is_blank(part)) {
            values.pop();
        }
        let leading = values.iter().take_while(|(_, part)| is_blank(part)).count();
        values.drain(..leading);
        let solid: Vec<&Value> = values.iter().filter(|(_, part)| !is_blank(part)).map(|(value, _)| value).collect();
        let value = match solid[..] {
            [] => return Ok(None),
            [single] => single.clone(),
            _ if solid.iter().all(|value| matches!(value, Value::List(_))) => {
                let items = values.into_iter().filter_map(|(value, _)| match value {
                    Value::List(items) => Some(items),
                    _ => None,
                });
                Value::List(items.flatten().collect())
            }
            _ if solid.iter().all(|value| matches!(value, Value::Object(_))) => {
                let objects = values.into_iter().filter(|(_, part)| !is_blank(part));
                let nodes = objects.map(|(value, part)| (Node { value, origin: origin.clone() }, part.place));
                let joined = self.fold(nodes.rev().collect())?;
                joined.map_or(Value::Null, |node| node.value)
            }
            _ => self.joined_text(&values, place)?,
        };
        let node = Node { value, origin };
        self.charge_one(&node, place)?;
        Ok(Some(node))
    }

    fn joined_text(&self, values: &[(Value, &Part)], place: Place) -> Result<Value, HoconError> {
        let mut text = String::new();
        for (value, part) in values {
            match value {
                Value::Null => text.push_str("null"),
                value => match value.as_text() {
                    Some(piece) => text.push_str(piece),
                    None => {
                        let problem = format!("{value} cannot be joined with something else");
                        let remedy = "join lists with lists, objects with objects and text with text";
                        return Err(self.error(Fault::substitution(part.place.offset, problem, remedy), part.place));
                    }
                },
            }
            if text.len() > self.limits.max_value_bytes {
                return Err(self.too_long(place));
            }
        }
        Ok(Value::Text(text))
    }

    fn part(&mut self, part: &Part, owner: Owner) -> Result<Option<Value>, HoconError> {
        Ok(Some(match &part.kind {
            PartKind::Blank(blank) => Value::Text(blank.clone()),
            PartKind::Single(value) => value.clone(),
            PartKind::Reference(reference) => return self.refer(reference, part.place, owner),
            PartKind::Object(object) => self.object(*object)?,
            PartKind::List(items) => {
                let mut nodes = Vec::new();
                for Item { parts, place } in items {
                    self.enter(*place)?;
                    nodes.extend(self.join(parts, *place, owner)?);
                    self.steps_down -= 1;
                }
                Value::List(nodes)
            }
        }))
    }

    /// The value of a substitution: a key below where its file is included, a key from the root, or a variable.
    fn refer(&mut self, reference: &Reference, place: Place, owner: Owner) -> Result<Option<Value>, HoconError> {
        if let Some(node) = self.look_up(reference, &[], place, owner)? {
            return Ok(Some(node.value));
        }
        if let Some(text) = (self.variable)(&reference.path.join(".")) {
            return Ok(Some(Value::Text(text)));
        }
        if reference.is_optional {
            return Ok(None);
        }
        let name = reference.path.join(".");
        let problem = format!("nothing is called `{name}`: no key and no environment variable");
        let remedy = format!("set it, or write `${{?{name}}}` if it may be absent");
        Err(self.error(Fault::substitution(place.offset, problem, remedy), place))
    }

    /// What a substitution has at `rest`.
    fn look_up(
        &mut self,
        reference: &Reference,
        rest: &[String],
        place: Place,
        owner: Owner,
    ) -> Result<Option<Node>, HoconError> {
        self.enter(place)?;
        let mut path: Vec<String> = reference.base.iter().chain(&reference.path).chain(rest).cloned().collect();
        let mut found = self.find_field(self.root, &path, place, owner)?;
        if found.is_none() && !reference.base.is_empty() {
            path.drain(..reference.base.len());
            found = self.find_field(self.root, &path, place, owner)?;
        }
        self.steps_down -= 1;
        Ok(found)
    }

    fn find_field(
        &mut self,
        object: ObjectId,
        path: &[String],
        place: Place,
        owner: Owner,
    ) -> Result<Option<Node>, HoconError> {
        let Some((key, rest)) = path.split_first() else { return Ok(None) };
        match self.arena.fields(object).get(key) {
            Some(slot) => self.find(*slot, rest, place, owner),
            None => Ok(None),
        }
    }

    /// The value at `rest` below a slot, as a substitution in `owner` sees it.
    fn find(&mut self, slot: SlotId, rest: &[String], place: Place, owner: Owner) -> Result<Option<Node>, HoconError> {
        let count = (owner.slot == slot).then_some(owner.layer);
        if rest.is_empty() {
            return self.slot(slot, count, place);
        }
        self.enter(place)?;
        let upper = count.unwrap_or(self.arena.slot(slot).layers.len());
        let mut above = Vec::new();
        for layer in (0..upper).rev() {
            match self.find_in_layer(Owner { slot, layer }, rest, place, owner)? {
                Found::Nothing => {}
                Found::Hidden => break,
                Found::Value(node) => {
                    let has_fields = node.value.as_object().is_some();
                    above.push((node, place));
                    if !has_fields {
                        break;
                    }
                }
            }
        }
        self.steps_down -= 1;
        self.fold(above)
    }

    fn find_in_layer(
        &mut self,
        layer: Owner,
        rest: &[String],
        place: Place,
        owner: Owner,
    ) -> Result<Found, HoconError> {
        let arena = self.arena;
        let found = match &arena.slot(layer.slot).layers[layer.layer].content {
            Content::Fixed(_) | Content::Appended(_) => return Ok(Found::Hidden),
            Content::Object(object) => self.find_field(*object, rest, place, owner)?,
            Content::Joined(parts) => return self.find_in_parts(parts, rest, place, layer),
        };
        Ok(found.map_or(Found::Nothing, Found::Value))
    }

    /// The value at `rest` of joined parts, without joining them: one of them may be what asks.
    fn find_in_parts(
        &mut self,
        parts: &[Part],
        rest: &[String],
        place: Place,
        owner: Owner,
    ) -> Result<Found, HoconError> {
        let mut above = Vec::new();
        for part in parts.iter().rev() {
            let found = match &part.kind {
                PartKind::Object(object) => self.find_field(*object, rest, place, owner)?,
                PartKind::Reference(reference) => self.look_up(reference, rest, part.place, owner)?,
                PartKind::Blank(_) => None,
                PartKind::Single(_) | PartKind::List(_) => return Ok(Found::Hidden),
            };
            above.extend(found.map(|node| (node, place)));
        }
        Ok(self.fold(above)?.map_or(Found::Nothing, Found::Value))
    }

    /// Notes that values are one deeper inside each other, and that another step was taken.
    fn enter(&mut self, place: Place) -> Result<(), HoconError> {
        self.steps_down += 1;
        self.count(1, place)?;
        if self.steps_down > MAX_STEPS_DOWN { Err(self.endless(place)) } else { Ok(()) }
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), HoconError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= self.limits.max_nodes {
            return Ok(());
        }
        let problem = format!("the configuration has more than {} values after substitution", self.limits.max_nodes);
        Err(self.error(Fault::limit(place.offset, problem), place))
    }

    /// Counts a value, without those inside of it.
    fn charge_one(&mut self, node: &Node, place: Place) -> Result<(), HoconError> {
        self.value_bytes = self.value_bytes.saturating_add(node.value.as_text().map_or(0, str::len));
        if self.value_bytes > self.limits.max_value_bytes {
            return Err(self.too_long(place));
        }
        self.count(1, place)
    }

    /// Counts a value that is used again, with all inside of it.
    fn charge(&mut self, node: Option<&Node>, place: Place) -> Result<(), HoconError> {
        let Some(node) = node else { return Ok(()) };
        self.charge_one(node, place)?;
        match &node.value {
            Value::Object(fields) => fields.values().try_for_each(|field| self.charge(Some(field), place)),
            Value::List(items) => items.iter().try_for_each(|item| self.charge(Some(item), place)),
            _ => Ok(()),
        }
    }

    fn endless(&self, place: Place) -> HoconError {
        let remedy = "take one of the `${…}` on the way back to it away";
        self.error(Fault::substitution(place.offset, "this value needs itself to be known", remedy), place)
    }

    fn too_long(&self, place: Place) -> HoconError {
        let problem = format!("values are longer than {} bytes after substitution", self.limits.max_value_bytes);
        self.error(Fault::limit(place.offset, problem), place)
    }

    fn error(&self, fault: Fault, place: Place) -> HoconError {
        self.arena.error(place.file, fault)
    }
}
