//! Finds in an ONNX graph what our own operations can do, and puts them there.
//!
//! Patterns are looked for in the file's graph, before the engine sees it: there every
//! value has a name and int8 weights are still int8. What no pattern fits stays as it is and is run by
//! the engine, so that a graph of another kind is run too, only slower.
//!
//! A pass goes over all nodes. Where a pattern ends in a node, the node makes way for one of
//! ours of the same output; nodes whose values nobody reads any more go with the pass.

mod attention;
mod caches;
mod linear;
mod subsampling;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::Onnx;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

use super::ops::{Attention, Depthwise, Kernel, Last, Linear, Norm, Subsampling};
use view::View;

/// What has been fused, by the name of the value it makes.
pub type Fusions = HashMap<String, Fused>;

/// An operation of ours.
#[derive(Clone)]
pub enum Fused {
    Linear(Linear),
    Norm(Norm),
    Depthwise(Depthwise),
    Attention(Attention),
    Last(Last),
    Subsampling(Arc<Subsampling>),
}

impl Fused {
    /// As the engine will have it.
    pub fn kernel(self) -> Arc<dyn Kernel> {
        match self {
            Self::Linear(kernel) => Arc::new(kernel),
            Self::Norm(kernel) => Arc::new(kernel),
            Self::Depthwise(kernel) => Arc::new(kernel),
            Self::Attention(kernel) => Arc::new(kernel),
            Self::Last(kernel) => Arc::new(kernel),
            Self::Subsampling(kernel) => kernel,
        }
    }
}

/// A pattern found: the operation and the values it reads.
type Found = (Fused, Vec<String>);

/// Looks for a pattern that ends in a node.
type Pattern = fn(&View<'_>, &NodeProto) -> Option<Found>;

/// What fits whatever the shapes are, in the order in which they build on each other.
const CERTAIN: [Pattern; 6] = [
    linear::product,
    linear::gemm,
    linear::pointwise,
    linear::bias,
    linear::norm,
    linear::factor,
];

/// All patterns in the order in which they build on each other. Of some it is seen only when the
/// engine has found the shapes whether they fit.
const ALL: [Pattern; 9] = [
    linear::product,
    linear::gemm,
    linear::pointwise,
    linear::bias,
    linear::norm,
    linear::activation,
    linear::factor,
    linear::residual,
    subsampling::subsampling,
];

/// Those of caches and what reads them.
const CACHES: [Pattern; 3] = [caches::depthwise, attention::attention, caches::last];

/// The kind that stands in the graph for all that is fused; see [`Fusions`].
const KIND: &str = "Fused";

/// How far to go in a graph whose shapes are not known yet.
#[derive(Clone, Copy, Debug)]
pub enum Extent {
    /// Every pattern.
    All,
    /// Those that need no shape.
    Certain,
}

/// Fuses all that can be; the graph's nodes of [`KIND`] are for the engine's operations
/// to be replaced, by the names of their outputs. Constants stay, see [`take_unread`].
pub fn rewrite(framework: &Onnx, graph: &mut GraphProto, extent: Extent) -> Fusions {
    let mut fusions = Fusions::new();
    // A graph within a node may read any value, and no pattern looks into one.
    if graph.node.iter().any(has_graph) {
        return fusions;
    }
    let patterns: &[Pattern] = match extent {
        Extent::All => &ALL,
        Extent::Certain => &CERTAIN,
    };
    for pattern in patterns {
        pass(framework, graph, &mut fusions, *pattern);
    }
    if matches!(extent, Extent::Certain) {
        return fusions;
    }
    // All readers of a cache of keys or none.
    let before = (graph.node.clone(), fusions.clone());
    for pattern in CACHES {
        pass(framework, graph, &mut fusions, pattern);
    }
    if !caches::are_ours(&View::new(framework, graph, &fusions)) {
        (graph.node, fusions) = before;
    }
    fusions
}

/// Takes out the constants that nobody reads; the engine would keep a copy of each.
pub fn take_unread(graph: &mut GraphProto) -> Vec<TensorProto> {
    let read: HashSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
    let outputs: HashSet<&String> = graph.output.iter().map(|output| &output.name).collect();
    let is_read = |it: &TensorProto| read.contains(&it.name) || outputs.contains(&it.name);
    let (kept, unread) = std::mem::take(&mut graph.initializer)
        .into_iter()
        .partition(is_read);
    graph.initializer = kept;
    unread
}

/// Whether a node has graphs of its own, as `If` and `Loop` do.
fn has_graph(node: &NodeProto) -> bool {
    let mut attributes = node.attribute.iter();
    attributes.any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
}

fn pass(framework: &Onnx, graph: &mut GraphProto, fusions: &mut Fusions, pattern: Pattern) {
    let found: Vec<(usize, Found)> = {
        let view = View::new(framework, graph, fusions);
        let nodes = graph.node.iter().enumerate();
        nodes
            .filter(|(_, node)| node.output.len() == 1)
            .filter_map(|(at, node)| Some((at, pattern(&view, node)?)))
            .collect()
    };
    for (at, (fused, input)) in found {
        let node = &mut graph.node[at];
        fusions.insert(node.output[0].clone(), fused);
        node.input = input;
        KIND.clone_into(&mut node.op_type);
        node.attribute.clear();
    }
    drop_unread(graph, fusions);
}

/// Takes out nodes that nobody reads.
fn drop_unread(graph: &mut GraphProto, fusions: &mut Fusions) {
    let mut read: HashSet<String> = graph.output.iter().map(|it| it.name.clone()).collect();
    // Makers stand before readers.
    let mut kept = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node).into_iter().rev() {
        if node.output.iter().any(|name| read.contains(name)) {
            read.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
    fusions.retain(|name, _| read.contains(name));
}
