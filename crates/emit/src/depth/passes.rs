//! The passes of a program of symbolic depth: lines by themselves, and loops over the layers.
//!
//! In: the module. Out: its parts in order. A family is computed in a loop that stands where its first array (in the backward pass its last) would be computed;
//! loops that follow each other are one loop, unless a line needs what its loop computes later. What cannot be brought into an order is refused.

use super::Module;
use crate::code::Id;
use crate::economy::improve;
use crate::names::Meaning;
use crate::program::{First, comment, cotangents, full_result, origins, own_entries, told};
use crate::quotients::with_softmax;
use crate::schedule::{Line, Root, Schedule, mentioned};
use crate::translate::{Translator, Unsupported};
use crate::vanishing::{multiplied_out, vanishing};
use crate::write::Writer;
use derive_graph::{Name, Shape};
use derive_index::count::Range;
use derive_index::derivation::{Derivation, Statement};
use std::collections::{BTreeSet, HashMap};

/// Where lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// By themselves.
    Alone,
    /// In a loop from the first layer up to the last one, or so many layers before it.
    Up(i64),
    /// In a loop from the layer before the last one down to the first.
    Down,
}

/// Lines that stand together.
pub(super) struct Part {
    pub(super) place: Place,
    lines: Vec<Line>,
}

impl Part {
    /// The layers of a loop.
    pub(super) fn range(&self, layers: &super::Layers) -> Option<Range> {
        let less = match self.place {
            Place::Alone => return None,
            Place::Up(less) => less,
            Place::Down => 1,
        };
        Some(Range {
            variable: layers.variable.clone(),
            first: layers.first,
            last: (Name::new(&layers.bound), less),
        })
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

/// The lines of a part before they are written.
pub(super) struct Planned {
    place: Place,
    roots: Vec<Root>,
}

/// The arrays that are there while a program runs.
pub(super) struct Order {
    /// The lists that are complete.
    whole: BTreeSet<String>,
    /// The lists whose last array is there, or whose arrays below the first.
    ends: BTreeSet<(String, i64)>,
}

impl Order {
    /// The arguments are there from the beginning.
    pub(super) fn new(module: &Module<'_>) -> Order {
        let arguments = module.arguments().map(|symbol| &symbol.name);
        let (lists, single): (Vec<&Name>, Vec<&Name>) =
            arguments.partition(|name| module.is_list(name));
        let list = |name: &Name| module.families.list_of(name).map(str::to_owned);
        let end = |name: &Name| Some((list(name)?, name.member()?));
        Order {
            whole: lists.into_iter().filter_map(list).collect(),
            ends: single.into_iter().filter_map(end).collect(),
        }
    }

    /// Whether an array is there for a line at `place`. `before` are the lists that the same round of the loop has written to, `written` all that
    /// the loop writes to, which hold the array of the round before; in the first round that has to be there as well.
    fn has(
        &self,
        layers: &super::Layers,
        place: Place,
        [before, written]: [&BTreeSet<String>; 2],
        (list, k): &(String, i64),
    ) -> bool {
        let there = |k: i64| self.ends.contains(&(list.clone(), k));
        let from_round_before = match place {
            Place::Alone => false,
            Place::Up(_) => *k == layers.middle - 1 && there(layers.first - 1),
            Place::Down => *k == layers.middle + 1 && there(layers.last),
        };
        self.whole.contains(list)
            || there(*k)
            || place != Place::Alone && *k == layers.middle && before.contains(list)
            || from_round_before && written.contains(list)
    }
}

impl Module<'_> {
    /// The forward pass.
    pub(super) fn forward(&mut self) -> Result<Vec<Planned>, Unsupported> {
        let derivation = self.derivation;
        let loss = &derivation.loss;
        let (first, middle) = (self.layers.first, self.layers.middle);
        let mut planned = Vec::new();
        for line in derivation
            .forward
            .iter()
            .filter(|line| line.name != loss.name)
        {
            match self.families.layer(&line.name) {
                Some(k) if k == first => {
                    let own = derivation
                        .forward
                        .iter()
                        .find(|it| it.name == of_layer(&line.name, middle));
                    if let Some(own) = own {
                        let root = self.forward_root(&own.name, &own.shape)?;
                        self.plan(&mut planned, root, Place::Up(0))?;
                    }
                }
                Some(k) if k > first => {}
                _ => {
                    let root = self.forward_root(&line.name, &line.shape)?;
                    self.plan(&mut planned, root, Place::Alone)?;
                }
            }
        }
        let mut root = self.forward_root(&loss.name, &Shape::scalar())?;
        root.variable = self.loss();
        self.plan(&mut planned, root, Place::Alone)?;
        Ok(planned)
    }

    /// The backward pass: the last layer, the others down to the first, and the gradients of every layer.
    pub(super) fn backward(&mut self) -> Result<Vec<Planned>, Unsupported> {
        let derivation = self.derivation;
        let (middle, last) = (self.layers.middle, self.layers.last);
        let needed = needed(derivation)?;
        let mut planned = Vec::new();
        for statement in derivation
            .statements
            .iter()
            .filter(|it| needed.contains(&it.variable))
        {
            let name = &statement.variable;
            let symbol = derivation.network.symbol(name);
            let asked = symbol.is_none_or(|symbol| symbol.definition.is_none());
            let own_end = self.layers.ends.contains(&of_layer(name, last));
            let place = match self
                .families
                .layer(name)
                .filter(|k| *k >= self.layers.first)
            {
                None => Place::Alone,
                Some(k) if k == last && (!asked || own_end) => Place::Alone,
                Some(k) if k == last - 1 && !asked => Place::Down,
                Some(k) if k == middle && asked => Place::Up(i64::from(own_end)),
                Some(_) => continue,
            };
            let told = match place {
                Place::Down => of_layer(name, middle),
                _ => name.clone(),
            };
            let statement = derivation.statements.iter().find(|it| it.variable == told);
            let root = self.backward_root(statement.ok_or_else(|| underived(&told))?)?;
            self.plan(&mut planned, root, place)?;
        }
        Ok(planned)
    }

    /// Adds a line to the last part, or begins a new one.
    fn plan(
        &self,
        planned: &mut Vec<Planned>,
        root: Root,
        place: Place,
    ) -> Result<(), Unsupported> {
        let mentions = self.mentions(root.id);
        self.guard(&root, &mentions, place)?;
        // What a loop computes only later is there after it.
        let later = match place {
            Place::Alone => None,
            Place::Up(_) => Some(self.layers.middle + 1),
            Place::Down => Some(self.layers.middle - 1),
        };
        let fits = |part: &Planned| {
            let writes = |list: &str| {
                part.roots
                    .iter()
                    .any(|it| self.list_written(it) == Some(list))
            };
            part.place == place
                && !mentions
                    .iter()
                    .any(|(list, k)| Some(*k) == later && writes(list))
        };
        match planned.last_mut().filter(|part| fits(part)) {
            Some(part) => part.roots.push(root),
            None => planned.push(Planned {
                place,
                roots: vec![root],
            }),
        }
        Ok(())
    }

    fn list_written(&self, root: &Root) -> Option<&str> {
        self.families.member(&root.variable).map(|(list, _)| list)
    }

    /// That a line mentions no layers but those that it may.
    fn guard(
        &self,
        root: &Root,
        mentions: &[(String, i64)],
        place: Place,
    ) -> Result<(), Unsupported> {
        let layers = self.layers;
        let (first, middle, last) = (layers.first, layers.middle, layers.last);
        let fits = |k: i64| match place {
            _ if k < first => true,
            Place::Alone => (last - 1..=last).contains(&k) || k == first,
            Place::Up(_) | Place::Down => (middle - 1..=middle + 1).contains(&k),
        };
        if mentions.iter().all(|(_, k)| fits(*k)) {
            return Ok(());
        }
        Err(self.refused(root, "which mentions layers that are no neighbours"))
    }

    fn refused(&self, root: &Root, why: &str) -> Unsupported {
        let about = match root.name.of_cotangent() {
            Some(name) => format!("the derivative by `{}`", (self.spelling.name)(&name)),
            None => format!("`{}`", (self.spelling.name)(&root.name)),
        };
        Unsupported::new(format!(
            "{about}, {why}; give `{}` a number",
            self.layers.bound
        ))
    }

    /// Leaves out lines of the forward and the backward pass that no later one mentions; lines of lists, the loss and what is asked for stay.
    pub(super) fn needed(&mut self, passes: &mut [Vec<Planned>; 2]) {
        let mut kept = BTreeSet::from([self.loss()]);
        let names: Vec<Name> = self.asked().cloned().collect();
        for name in &names {
            let variable = self.translator.names.of(Meaning::Derivative(name.clone()));
            kept.insert(variable);
        }
        for part in passes.iter_mut().flatten().rev() {
            let mut roots = Vec::with_capacity(part.roots.len());
            for root in std::mem::take(&mut part.roots).into_iter().rev() {
                if kept.contains(&root.variable) || self.list_written(&root).is_some() {
                    let of_root = std::slice::from_ref(&root);
                    kept.extend(mentioned(&self.translator.arena, of_root).0);
                    roots.push(root);
                }
            }
            roots.reverse();
            part.roots = roots;
        }
        for planned in passes {
            planned.retain(|part| !part.roots.is_empty());
        }
    }

    /// The lines of the parts, once it is certain that every line finds what it mentions.
    pub(super) fn parts(
        &mut self,
        planned: Vec<Planned>,
        order: &mut Order,
    ) -> Result<Vec<Part>, Unsupported> {
        let mut parts = Vec::with_capacity(planned.len());
        for part in planned {
            self.follow(&part, order)?;
            self.note(&part.roots);
            parts.push(Part {
                place: part.place,
                lines: self.block(part.roots)?,
            });
        }
        Ok(parts)
    }

    /// That what a part mentions has been computed; what it computes is there from then on.
    fn follow(&self, part: &Planned, order: &mut Order) -> Result<(), Unsupported> {
        let lists = part.roots.iter().filter_map(|it| self.list_written(it));
        let mut written: BTreeSet<String> = lists.map(str::to_owned).collect();
        let mut before = BTreeSet::new();
        for root in &part.roots {
            let mut mentions = self.mentions(root.id);
            mentions.extend(self.summed(root.id));
            let there =
                |it: &(String, i64)| order.has(self.layers, part.place, [&before, &written], it);
            if !mentions.iter().all(there) {
                return Err(
                    self.refused(root, "which is needed before all that it mentions is there")
                );
            }
            if let Some((list, k)) = self.families.member(&root.variable) {
                before.insert(list.to_owned());
                if part.place == Place::Alone {
                    order.ends.insert((list.to_owned(), k));
                }
            }
        }
        if part.place == Place::Down {
            let last = self.layers.last;
            written.retain(|list| order.ends.contains(&(list.clone(), last)));
        }
        if part.place != Place::Alone {
            order.whole.extend(written);
        }
        Ok(())
    }

    /// The lines of roots that stand together.
    fn block(&mut self, mut roots: Vec<Root>) -> Result<Vec<Line>, Unsupported> {
        let network = &self.derivation.network;
        let masks = self.target.spelling("masked").is_some();
        let Translator { arena, names, .. } = &mut self.translator;
        for root in &mut roots {
            root.id = with_softmax(arena, root.id);
        }
        self.vanishing.extend(vanishing(arena, &roots));
        let all = roots.iter();
        let translated: HashMap<String, Id> =
            all.map(|root| (root.variable.clone(), root.id)).collect();
        for root in &mut roots {
            root.id = multiplied_out(arena, root.id, &self.vanishing);
        }
        let firsts: Vec<First> = (roots.iter())
            .map(|root| First::of(root, &translated))
            .collect();
        let made = improve(arena, network, &mut roots, self.options.count, masks);
        self.origins.extend(origins(&roots, &firsts, &made));
        let mut writer = Writer {
            arena,
            target: self.target,
            names,
            variables: HashMap::new(),
            sizes: BTreeSet::new(),
            numbers: true,
        };
        let mut schedule = Schedule::new(arena, &roots);
        let mut lines = Vec::new();
        for root in &roots {
            schedule.write(&mut writer, root, &mut lines)?;
            if let (true, Some(line)) = (root.name.of_cotangent().is_some(), lines.last_mut()) {
                own_entries(line, arena, root.id, self.target);
            }
        }
        self.sizes.extend(std::mem::take(&mut writer.sizes));
        let told = |name: &Name| Name::new(&(self.spelling.name)(name));
        for line in &mut lines {
            line.work = line.work.renamed(&told);
            if !self.origins.contains_key(&line.variable) {
                let shape = Shape(arena.dims(line.id).to_vec());
                line.comment = comment(&line.variable, &self.spelling.shape(&shape), "");
            }
        }
        Ok(lines)
    }

    fn forward_root(&mut self, name: &Name, shape: &Shape) -> Result<Root, Unsupported> {
        let derivation = self.derivation;
        let network = &derivation.network;
        let mut lines = derivation.forward.iter().chain([&derivation.loss]);
        let line = lines.find(|line| line.name == *name);
        let node = match network.symbol(name).and_then(|symbol| symbol.definition) {
            Some(node) => node,
            None => network.loss.node,
        };
        let id = self.translator.full_node(node)?;
        let written = line.map(|line| (self.spelling.formula)(&told(line)));
        let written = written.unwrap_or_default();
        Ok(Root {
            comment: comment(
                &(self.spelling.name)(name),
                &self.spelling.shape(shape),
                &written,
            ),
            variable: self.translator.names.of(Meaning::Value(name.clone())),
            id: self.folded(id),
            name: name.clone(),
        })
    }

    fn backward_root(&mut self, statement: &Statement) -> Result<Root, Unsupported> {
        let id = self.result(statement)?;
        let by = (self.spelling.name)(&statement.variable);
        let what = format!("d{}/d{by}", self.derivation.network.loss.name);
        let written = (self.spelling.formula)(&statement.result);
        let variable = Meaning::Derivative(statement.variable.clone());
        Ok(Root {
            comment: comment(&what, &self.spelling.shape(&statement.shape), &written),
            variable: self.translator.names.of(variable),
            id,
            name: statement.variable.cotangent(),
        })
    }

    /// A derivative. What layers contribute is brought into a sum over them before anything of it is added up: what is the same in all of
    /// them would be as many times as there are layers.
    fn result(&mut self, statement: &Statement) -> Result<Id, Unsupported> {
        let of_layer = self.families.layer(&statement.variable);
        let own = of_layer.is_none_or(|k| k < self.layers.first);
        if !own || statement.contributions.is_empty() {
            let id = full_result(&mut self.translator, statement)?;
            return Ok(self.folded(id));
        }
        let mut terms = Vec::with_capacity(statement.contributions.len());
        for contribution in &statement.contributions {
            let one = Statement {
                result: contribution.result.clone(),
                ..statement.clone()
            };
            let id = full_result(&mut self.translator, &one)?;
            terms.push(self.folded(id));
        }
        let terms = self.folded_terms(terms);
        Ok(self.translator.arena.sum(terms))
    }
}

/// The member of a family in another layer.
pub(super) fn of_layer(name: &Name, k: i64) -> Name {
    let (stem, rest) = name.as_str().split_once('{').unwrap_or((name.as_str(), ""));
    let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
    Name::new(&format!("{stem}{{{k}}}{tail}"))
}

/// The variables of the statements that the gradients need.
fn needed(derivation: &Derivation) -> Result<BTreeSet<Name>, Unsupported> {
    let mut found: BTreeSet<Name> = BTreeSet::new();
    let mut open: Vec<Name> = derivation.network.wrt.clone();
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        let mut statements = derivation.statements.iter();
        let statement = statements.find(|it| it.variable == name);
        open.extend(cotangents(
            &statement.ok_or_else(|| underived(&name))?.result,
        ));
    }
    Ok(found)
}

fn underived(name: &Name) -> Unsupported {
    Unsupported::new(format!("the derivative by `{name}`, which was not derived"))
}
