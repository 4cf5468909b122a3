//! Where the boxes and lines of a drawn graph go.
//!
//! Boxes stand in layers from left to right, each right of all that it needs, and every table has a
//! band of its own across all layers. A line that passes layers gets a place in each of them, as a
//! box would, so that lines run between boxes and never behind them; the lines from one box to the
//! layers beyond share these places. Then the order within each band and layer is improved by
//! sweeps to and fro that put everything level with what it is joined to (the layered drawing of
//! Sugiyama, Tagawa and Toda, with the mean for the order).
//!
//! All loops are over boxes, lines and a fixed number of sweeps; the same graph gives the same
//! drawing.

use std::collections::BTreeMap;

/// Height of a box.
pub(super) const BOX_HEIGHT: f64 = 40.0;

/// Height of the place of a line that passes.
const LINE_HEIGHT: f64 = 6.0;

/// Room between two places of one layer.
const GAP: f64 = 12.0;

/// Room between two layers, for the lines.
const LAYER_GAP: f64 = 64.0;

/// Width of a layer that only lines pass.
const LEAST_WIDTH: f64 = 16.0;

/// Room within a band above, for its name, and below.
const BAND_HEAD: f64 = 30.0;
const BAND_FOOT: f64 = 14.0;

/// Room around the drawing and between bands.
const MARGIN: f64 = 16.0;

/// Sweeps that improve the order; after this many nothing much changes.
const SWEEPS: usize = 16;

/// How many places lines may take: a drawing with more can't be read.
const MOST_PLACES: usize = 20_000;

/// A box to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) width: f64,
    pub(super) band: usize,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rectangle {
    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A piece of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    /// From the right side of one layer to the left side of the next.
    Between {
        from: (f64, f64),
        to: (f64, f64),
        /// Whether it ends at a box.
        arrow: bool,
    },
    /// Level through a layer.
    Through { from: (f64, f64), to: f64 },
}

/// A graph with everything in its place.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) boxes: Vec<Rectangle>,
    pub(super) bands: Vec<Rectangle>,
    pub(super) pieces: Vec<Piece>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Lays out boxes in so many bands and the lines between them, which make no cycle.
///
/// Nothing, if the lines would take more places than anybody can follow.
pub(super) fn layout(items: &[Item], lines: &[(usize, usize)], bands: usize) -> Option<Layout> {
    let layers = layers(items.len(), lines);
    let mut places = Places::new(items, &layers, lines)?;
    let bands = places.stack(bands);
    places.improve(&bands);
    Some(places.drawn(items.len(), bands))
}

/// The layer of each box: right of all it needs; what needs nothing close to its first user.
fn layers(count: usize, lines: &[(usize, usize)]) -> Vec<usize> {
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waits_for = vec![0; count];
    for (from, to) in lines {
        users[*from].push(*to);
        waits_for[*to] += 1;
    }
    let roots: Vec<usize> = (0..count).filter(|place| waits_for[*place] == 0).collect();
    let mut layers = vec![0; count];
    let mut open = roots.clone();
    while let Some(from) = open.pop() {
        for to in &users[from] {
            layers[*to] = layers[*to].max(layers[from] + 1);
            waits_for[*to] -= 1;
            if waits_for[*to] == 0 {
                open.push(*to);
            }
        }
    }
    for root in roots {
        if let Some(first) = users[root].iter().map(|user| layers[*user]).min() {
            layers[root] = first - 1;
        }
    }
    layers
}

/// Something that takes room in a layer: a box, or a line that passes.
#[derive(Clone, Copy, Debug)]
struct Place {
    band: usize,
    layer: usize,
    height: f64,
    y: f64,
}

struct Places {
    /// The boxes, then the places of passing lines.
    all: Vec<Place>,
    /// Pairs of neighbouring layers' places.
    joins: Vec<(usize, usize)>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    /// What stands in each band and layer, from top to bottom.
    cells: BTreeMap<(usize, usize), Vec<usize>>,
    /// The width of each layer.
    widths: Vec<f64>,
}

impl Places {
    fn new(items: &[Item], layers: &[usize], lines: &[(usize, usize)]) -> Option<Places> {
        let mut all: Vec<Place> = items
            .iter()
            .zip(layers)
            .map(|(item, layer)| Place {
                band: item.band,
                layer: *layer,
                height: BOX_HEIGHT,
                y: 0.0,
            })
            .collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
        for (from, to) in lines {
            users[*from].push(*to);
        }
        let mut joins = Vec::new();
        for (from, users) in users.iter().enumerate() {
            let last = users.iter().map(|user| layers[*user]).max();
            let first = layers[from] + 1;
            // Who stands for the line in each layer from that of the box on.
            let mut lane = vec![from];
            for layer in first..last.unwrap_or(first) {
                if all.len() - items.len() >= MOST_PLACES {
                    return None;
                }
                joins.push((lane[lane.len() - 1], all.len()));
                lane.push(all.len());
                all.push(Place {
                    band: items[from].band,
                    layer,
                    height: LINE_HEIGHT,
                    y: 0.0,
                });
            }
            joins.extend(
                users
                    .iter()
                    .map(|user| (lane[layers[*user] - first], *user)),
            );
            if joins.len() > MOST_PLACES {
                return None;
            }
        }
        let mut before = vec![Vec::new(); all.len()];
        let mut after = vec![Vec::new(); all.len()];
        for (from, to) in &joins {
            after[*from].push(*to);
            before[*to].push(*from);
        }
        let mut cells: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (position, place) in all.iter().enumerate() {
            let cell = cells.entry((place.band, place.layer)).or_default();
            cell.push(position);
        }
        let last = all.iter().map(|place| place.layer).max().unwrap_or(0);
        let mut widths = vec![LEAST_WIDTH; last + 1];
        for (item, layer) in items.iter().zip(layers) {
            widths[*layer] = widths[*layer].max(item.width);
        }
        Some(Places {
            all,
            joins,
            before,
            after,
            cells,
            widths,
        })
    }

    /// Makes the bands as high as their fullest layer and puts every place in some order.
    fn stack(&mut self, count: usize) -> Vec<Rectangle> {
        let width = self.widths.iter().sum::<f64>()
            + LAYER_GAP * (self.widths.len() - 1) as f64
            + 2.0 * MARGIN;
        let mut heights = vec![0.0_f64; count];
        for ((band, _), cell) in &self.cells {
            let height: f64 = cell.iter().map(|place| self.all[*place].height + GAP).sum();
            heights[*band] = heights[*band].max(height - GAP);
        }
        let mut top = MARGIN;
        let mut bands = Vec::with_capacity(count);
        for inner in heights {
            let height = BAND_HEAD + inner + BAND_FOOT;
            bands.push(Rectangle {
                x: MARGIN,
                y: top,
                width,
                height,
            });
            top += height + MARGIN;
        }
        for ((band, _), cell) in &self.cells {
            let mut y = bands[*band].y + BAND_HEAD;
            for place in cell {
                self.all[*place].y = y;
                y += self.all[*place].height + GAP;
            }
        }
        bands
    }

    /// Brings what is joined to one level, as far as order and room allow.
    fn improve(&mut self, bands: &[Rectangle]) {
        let keys: Vec<(usize, usize)> = {
            let mut keys: Vec<(usize, usize)> = self.cells.keys().copied().collect();
            keys.sort_by_key(|(band, layer)| (*layer, *band));
            keys
        };
        let mut best: Vec<f64> = self.all.iter().map(|place| place.y).collect();
        let mut least = self.steepness();
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            for step in 0..keys.len() {
                let key = if forward {
                    keys[step]
                } else {
                    keys[keys.len() - 1 - step]
                };
                self.settle(key, &bands[key.0], forward);
            }
            let steepness = self.steepness();
            if steepness < least {
                least = steepness;
                best = self.all.iter().map(|place| place.y).collect();
            }
        }
        for (place, y) in self.all.iter_mut().zip(best) {
            place.y = y;
        }
    }

    /// Orders the places of a cell by what they are joined to on one side, and moves them there.
    fn settle(&mut self, key: (usize, usize), band: &Rectangle, forward: bool) {
        let Some(mut cell) = self.cells.remove(&key) else {
            return;
        };
        let middle = |place: &Place| place.y + place.height / 2.0;
        let mut wish: Vec<(f64, usize)> = Vec::with_capacity(cell.len());
        for position in &cell {
            let joined = if forward {
                &self.before[*position]
            } else {
                &self.after[*position]
            };
            let own = &self.all[*position];
            let sum: f64 = joined.iter().map(|other| middle(&self.all[*other])).sum();
            let level = match joined.len() {
                0 => middle(own),
                count => sum / count as f64,
            };
            wish.push((level - own.height / 2.0, *position));
        }
        wish.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = band.y + BAND_HEAD;
        for (y, position) in &mut wish {
            *y = y.max(free);
            free = *y + self.all[*position].height + GAP;
        }
        let mut free = band.y + band.height - BAND_FOOT;
        for (y, position) in wish.iter_mut().rev() {
            *y = y.min(free - self.all[*position].height);
            free = *y - GAP;
        }
        cell.clear();
        for (y, position) in wish {
            self.all[position].y = y;
            cell.push(position);
        }
        self.cells.insert(key, cell);
    }

    /// How much the lines go up and down.
    fn steepness(&self) -> f64 {
        let middle = |place: usize| self.all[place].y + self.all[place].height / 2.0;
        let steps = self.joins.iter();
        steps
            .map(|(from, to)| (middle(*from) - middle(*to)).abs())
            .sum()
    }

    fn drawn(self, boxes: usize, bands: Vec<Rectangle>) -> Layout {
        let mut left = Vec::with_capacity(self.widths.len());
        let mut x = 2.0 * MARGIN;
        for width in &self.widths {
            left.push(x);
            x += width + LAYER_GAP;
        }
        let placed: Vec<Rectangle> = self
            .all
            .iter()
            .map(|place| Rectangle {
                x: left[place.layer],
                y: place.y,
                width: self.widths[place.layer],
                height: place.height,
            })
            .collect();
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.all.len() + self.joins.len());
        for place in &placed[boxes..] {
            pieces.push(Piece::Through {
                from: (place.x, place.middle()),
                to: place.x + place.width,
            });
        }
        for (from, to) in self.joins {
            let (from, target) = (placed[from], placed[to]);
            pieces.push(Piece::Between {
                from: (from.x + from.width, from.middle()),
                to: (target.x, target.middle()),
                arrow: to < boxes,
            });
        }
        let right = bands.iter().map(|band| band.x + band.width);
        let bottom = bands.iter().map(|band| band.y + band.height);
        Layout {
            width: right.fold(0.0, f64::max) + MARGIN,
            height: bottom.fold(0.0, f64::max) + MARGIN,
            boxes: placed[..boxes].to_vec(),
            bands,
            pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(band: usize) -> Item {
        Item { width: 80.0, band }
    }

    fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    /// Numbers that are the same in every run.
    fn numbers(mut state: u64) -> impl FnMut(usize) -> usize {
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        }
    }

    #[test]
    fn a_chain_is_level() {
        let drawn = layout(&[item(0), item(0), item(0)], &[(0, 1), (1, 2)], 1).unwrap();
        let tops: Vec<f64> = drawn.boxes.iter().map(|place| place.y).collect();
        assert_eq!(tops[0], tops[1]);
        assert_eq!(tops[1], tops[2]);
        assert!(drawn.boxes[0].x < drawn.boxes[1].x && drawn.boxes[1].x < drawn.boxes[2].x);
        assert_eq!(drawn.pieces.len(), 2);
    }

    #[test]
    fn a_line_that_passes_a_layer_takes_a_place_in_it() {
        let lines = [(0, 1), (1, 2), (0, 2)];
        let drawn = layout(&[item(0), item(0), item(0)], &lines, 1).unwrap();
        let through = drawn.pieces.iter().find_map(|piece| match piece {
            Piece::Through { from, to } => Some((*from, *to)),
            Piece::Between { .. } => None,
        });
        let ((x, y), right) = through.unwrap();
        let passed = &drawn.boxes[1];
        assert_eq!((x, right), (passed.x, passed.x + passed.width));
        assert!(y < passed.y || y > passed.y + passed.height);
    }

    #[test]
    fn boxes_stand_apart_in_their_bands_and_lines_go_right() {
        for seed in 0..60 {
            let mut number = numbers(seed);
            let (count, bands) = (1 + number(60), 1 + number(4));
            let items: Vec<Item> = (0..count)
                .map(|_| Item {
                    width: 40.0 + number(100) as f64,
                    band: number(bands),
                })
                .collect();
            let mut lines: Vec<(usize, usize)> = (0..count * 2)
                .map(|_| (number(count), number(count)))
                .filter(|(from, to)| from < to)
                .collect();
            lines.sort_unstable();
            lines.dedup();
            let drawn = layout(&items, &lines, bands).unwrap();
            for (place, one) in drawn.boxes.iter().enumerate() {
                let band = &drawn.bands[items[place].band];
                assert!(one.width >= items[place].width);
                assert!(one.x >= band.x && one.x + one.width <= band.x + band.width);
                assert!(one.y >= band.y && one.y + one.height <= band.y + band.height);
                for other in &drawn.boxes[..place] {
                    assert!(!overlap(one, other), "seed {seed}: {one:?} {other:?}");
                }
            }
            for (place, one) in drawn.bands.iter().enumerate() {
                assert!(one.y + one.height < drawn.height && one.x + one.width < drawn.width);
                assert!(
                    drawn.bands[..place]
                        .iter()
                        .all(|other| !overlap(one, other))
                );
            }
            for piece in &drawn.pieces {
                match piece {
                    Piece::Between { from, to, .. } => assert!(from.0 < to.0),
                    Piece::Through { from, to } => {
                        let line = Rectangle {
                            x: from.0,
                            y: from.1,
                            width: to - from.0,
                            height: 0.0,
                        };
                        assert!(drawn.boxes.iter().all(|one| !overlap(one, &line)));
                    }
                }
            }
            for (from, to) in lines {
                assert!(drawn.boxes[from].x < drawn.boxes[to].x);
            }
        }
    }

    #[test]
    fn what_nobody_could_follow_is_not_drawn() {
        // Each box of a chain is also joined to the last one.
        let count = 300;
        let items = vec![item(0); count];
        let chain = (1..count).map(|to| (to - 1, to));
        let lines: Vec<_> = chain
            .chain((0..count - 2).map(|from| (from, count - 1)))
            .collect();
        assert!(layout(&items, &lines, 1).is_none());
        assert!(layout(&[], &[], 1).is_some());
    }
}
