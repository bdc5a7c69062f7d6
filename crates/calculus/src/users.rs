//! Which quantity uses which: the edges that the chain rule follows.

use derive_graph::{Name, Network};
use rustc_hash::{FxHashMap, FxHashSet};

/// The dependency graph between named quantities, the loss included.
#[derive(Debug, Default)]
pub struct Users {
    users: FxHashMap<Name, Vec<Name>>,
    reaching: FxHashSet<Name>,
    active: FxHashSet<Name>,
}

impl Users {
    /// Reads the edges off a network, in time linear in its size.
    pub fn of(network: &Network) -> Users {
        let mut edges = Users::default();
        let mut uses: FxHashMap<Name, Vec<Name>> = FxHashMap::default();
        for symbol in &network.symbols {
            if let Some(definition) = symbol.definition {
                uses.insert(symbol.name.clone(), network.graph.mentioned(definition));
            }
        }
        let loss = network.loss.name.clone();
        let mut stack = network.graph.mentioned(network.loss.node);
        uses.insert(loss.clone(), stack.clone());
        while let Some(name) = stack.pop() {
            if edges.reaching.insert(name.clone()) {
                stack.extend(uses.get(&name).into_iter().flatten().cloned());
            }
        }
        // An intermediate may stand in the place of the loss; it is met once.
        let order = network
            .symbols
            .iter()
            .map(|symbol| &symbol.name)
            .filter(|name| **name != loss)
            .chain([&loss]);
        edges.active.extend(network.wrt.iter().cloned());
        for user in order {
            for used in uses.get(user).into_iter().flatten() {
                edges
                    .users
                    .entry(used.clone())
                    .or_default()
                    .push(user.clone());
                if edges.active.contains(used) {
                    edges.active.insert(user.clone());
                }
            }
        }
        edges
    }

    /// The quantities whose definitions mention `name` and that the loss depends on, the loss itself last.
    pub fn users<'a>(&'a self, name: &Name, loss: &'a Name) -> impl Iterator<Item = &'a Name> {
        let all = self.users.get(name).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(move |user| *user == loss || self.reaches_loss(user))
    }

    /// Whether the loss depends on `name`.
    pub fn reaches_loss(&self, name: &Name) -> bool {
        self.reaching.contains(name)
    }

    /// Whether `name` is differentiated by, or depends on something that is.
    pub fn is_active(&self, name: &Name) -> bool {
        self.active.contains(name)
    }
}
