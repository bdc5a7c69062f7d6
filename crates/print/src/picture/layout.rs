//! Where the boxes of a graph stand: in rows, what is computed below what it is computed from.
//!
//! After Sugiyama, Tagawa and Toda, Methods for visual understanding of hierarchical system structures, 1981: rows by longest
//! path, edges over several rows pass through places of their own, every row is sorted by the middle of its neighbours, then
//! moved towards them. Everything is ordered by place in the picture where nothing else decides, so that the result never varies.

use super::Picture;
use crate::text::columns;

/// The width of a column of text, on average.
const COLUMN: f64 = 8.0;
/// The height of a line of text.
pub const LINE: f64 = 20.0;
/// Room inside a box.
const PADDING: f64 = 12.0;
/// Room between boxes of a row.
const GAP: f64 = 26.0;
/// Room between rows.
const ROOM: f64 = 54.0;
/// What an edge takes that passes through a row.
const LANE: f64 = 18.0;
/// How often the rows are sorted and moved, down and up.
const SWEEPS: usize = 12;

/// A box, or the place where an edge passes through a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// The middle.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The boxes, as in the picture.
    pub nodes: Vec<Place>,
    /// For every edge of the picture the points that it goes through, from the lower edge of a box to the upper edge of another.
    pub edges: Vec<Vec<(f64, f64)>>,
    /// How wide everything is.
    pub width: f64,
    /// How high everything is.
    pub height: f64,
}

/// Places and their neighbours in the rows above and below.
struct Rows {
    places: Vec<Place>,
    rows: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

/// Lays a picture out.
pub fn layout(picture: &Picture) -> Layout {
    let ranks = ranks(picture);
    let mut rows = Rows::new(picture, &ranks);
    let chains: Vec<Vec<usize>> = picture
        .edges
        .iter()
        .map(|&(from, to)| rows.connect(from, to, &ranks))
        .collect();
    for sweep in 0..SWEEPS {
        rows.sort(sweep % 2 == 0);
    }
    rows.spread();
    for sweep in 0..SWEEPS {
        rows.pull(sweep % 2 == 0);
    }
    rows.stack();
    let (width, height) = rows.fit();
    let edges = chains.iter().map(|chain| rows.path(chain)).collect();
    rows.places.truncate(picture.nodes.len());
    Layout {
        nodes: rows.places,
        edges,
        width,
        height,
    }
}

/// What is computed stands below everything that it needs; what is given, just above its first use.
fn ranks(picture: &Picture) -> Vec<usize> {
    let mut ranks = vec![0usize; picture.nodes.len()];
    // Edges are sorted by where they go, and go to later nodes only.
    for &(from, to) in &picture.edges {
        ranks[to] = ranks[to].max(ranks[from] + 1);
    }
    for (at, node) in picture.nodes.iter().enumerate() {
        let users = picture.edges.iter().filter(|(from, _)| *from == at);
        let first = users.map(|(_, to)| ranks[*to]).min();
        if node.formula.is_empty() {
            ranks[at] = first.map_or(0, |first| first.saturating_sub(1));
        }
    }
    ranks
}

impl Rows {
    fn new(picture: &Picture, ranks: &[usize]) -> Rows {
        let box_of = |node: &super::Node| {
            let lines = std::iter::once(&node.title)
                .chain(&node.formula)
                .chain(&node.derivative);
            let widest = lines.clone().map(|line| columns(line)).max().unwrap_or(0);
            Place {
                width: to_f64(widest) * COLUMN + 2.0 * PADDING,
                height: to_f64(lines.count()) * LINE + PADDING,
                ..Place::default()
            }
        };
        let count = ranks.iter().max().map_or(0, |last| last + 1);
        let mut rows = vec![Vec::new(); count];
        for (at, rank) in ranks.iter().enumerate() {
            rows[*rank].push(at);
        }
        Rows {
            places: picture.nodes.iter().map(box_of).collect(),
            rows,
            above: vec![Vec::new(); ranks.len()],
            below: vec![Vec::new(); ranks.len()],
        }
    }

    /// The places that an edge goes through, both boxes included.
    fn connect(&mut self, from: usize, to: usize, ranks: &[usize]) -> Vec<usize> {
        let mut chain = vec![from];
        for rank in ranks[from] + 1..ranks[to] {
            let at = self.places.len();
            self.places.push(Place {
                width: LANE,
                ..Place::default()
            });
            self.above.push(Vec::new());
            self.below.push(Vec::new());
            self.rows[rank].push(at);
            chain.push(at);
        }
        chain.push(to);
        for pair in chain.windows(2) {
            self.below[pair[0]].push(pair[1]);
            self.above[pair[1]].push(pair[0]);
        }
        chain
    }

    /// Sorts every row by the middle of its neighbours in the row before.
    fn sort(&mut self, down: bool) {
        let count = self.rows.len();
        for step in 0..count {
            let row = if down { step } else { count - 1 - step };
            let mut order = vec![0.0; self.places.len()];
            for row in &self.rows {
                for (place, at) in row.iter().enumerate() {
                    order[*at] = to_f64(place) - to_f64(row.len()) / 2.0;
                }
            }
            let key = |at: &usize| {
                let neighbours = if down {
                    &self.above[*at]
                } else {
                    &self.below[*at]
                };
                mean(neighbours, |it| order[*it]).unwrap_or(order[*at])
            };
            let mut sorted = self.rows[row].clone();
            sorted.sort_by(|a, b| key(a).total_cmp(&key(b)));
            self.rows[row] = sorted;
        }
    }

    /// Puts the places of every row side by side, the middle of the row at 0.
    fn spread(&mut self) {
        for row in &self.rows {
            let mut x = 0.0;
            for at in row {
                self.places[*at].x = x + self.places[*at].width / 2.0;
                x += self.places[*at].width + GAP;
            }
            row.iter()
                .for_each(|at| self.places[*at].x -= (x - GAP) / 2.0);
        }
    }

    /// Moves the places of every row towards the middle of their neighbours, as far as those beside them allow.
    fn pull(&mut self, down: bool) {
        let count = self.rows.len();
        for step in 0..count {
            let row = self.rows[if down { step } else { count - 1 - step }].clone();
            let wanted: Vec<f64> = row
                .iter()
                .map(|at| {
                    let neighbours = if down {
                        &self.above[*at]
                    } else {
                        &self.below[*at]
                    };
                    mean(neighbours, |it| self.places[*it].x).unwrap_or(self.places[*at].x)
                })
                .collect();
            let mut edge = f64::NEG_INFINITY;
            for (at, wanted) in row.iter().zip(&wanted) {
                let half = self.places[*at].width / 2.0;
                self.places[*at].x = wanted.max(edge + half);
                edge = self.places[*at].x + half + GAP;
            }
            // Where some were pushed to the right, the whole row goes back by as much on average.
            let pushed = row.iter().zip(&wanted);
            let pushed: f64 = pushed.map(|(at, wanted)| self.places[*at].x - wanted).sum();
            let back = pushed / to_f64(row.len().max(1));
            row.iter().for_each(|at| self.places[*at].x -= back);
        }
    }

    /// Rows below one another, their boxes in the middle of the row.
    fn stack(&mut self) {
        let mut y = 0.0;
        for row in &self.rows {
            let heights = row.iter().map(|at| self.places[*at].height);
            let height = heights.fold(LINE, f64::max);
            for at in row {
                let place = &mut self.places[*at];
                if place.height == 0.0 {
                    place.height = height;
                }
                place.y = y + (height - place.height) / 2.0;
            }
            y += height + ROOM;
        }
    }

    /// Moves everything to the upper left corner; the size of the whole.
    fn fit(&mut self) -> (f64, f64) {
        let left = self.places.iter().map(|it| it.x - it.width / 2.0);
        let left = left.fold(f64::INFINITY, f64::min) - PADDING;
        for place in &mut self.places {
            place.x = (place.x - left).round();
            place.y = (place.y + PADDING).round();
        }
        let right = self.places.iter().map(|it| it.x + it.width / 2.0);
        let lower = self.places.iter().map(|it| it.y + it.height);
        let width = right.fold(0.0, f64::max) + PADDING;
        (width.ceil(), (lower.fold(0.0, f64::max) + PADDING).ceil())
    }

    /// The points of an edge: it leaves and enters a box beside the other edges there.
    fn path(&self, chain: &[usize]) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        for (step, at) in chain.iter().enumerate() {
            let place = self.places[*at];
            if step > 0 {
                let before = chain[step - 1];
                points.push((self.port(*at, &self.above[*at], before), place.y));
            }
            if step + 1 < chain.len() {
                let after = chain[step + 1];
                let lower = place.y + place.height;
                points.push((self.port(*at, &self.below[*at], after), lower));
            }
        }
        points
    }

    /// Where on the edge of a box the neighbour is met: neighbours from left to right share the middle part of it.
    fn port(&self, at: usize, neighbours: &[usize], neighbour: usize) -> f64 {
        let place = self.places[at];
        let mut sorted = neighbours.to_vec();
        sorted.sort_by(|a, b| {
            self.places[*a]
                .x
                .total_cmp(&self.places[*b].x)
                .then(a.cmp(b))
        });
        let rank = sorted.iter().position(|it| *it == neighbour).unwrap_or(0);
        let count = to_f64(sorted.len());
        let room = (place.width * 0.7).min(34.0 * count);
        let share = (to_f64(rank) + 0.5) / count - 0.5;
        (place.x + room * share).round()
    }
}

fn mean(of: &[usize], value: impl Fn(&usize) -> f64) -> Option<f64> {
    let sum: f64 = of.iter().map(value).sum();
    (!of.is_empty()).then(|| sum / to_f64(of.len()))
}

/// Counts are small.
fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
