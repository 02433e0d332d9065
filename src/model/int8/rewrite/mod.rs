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
use tract_onnx::pb::{GraphProto, NodeProto};

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

/// The patterns in the order in which they build on each other.
const PASSES: [Pattern; 7] = [
    linear::product,
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

/// Fuses all that can be; the graph's nodes of [`KIND`] are for the engine's operations
/// to be replaced, by the names of their outputs.
pub fn rewrite(framework: &Onnx, graph: &mut GraphProto) -> Fusions {
    let mut fusions = Fusions::new();
    for pattern in PASSES {
        pass(framework, graph, &mut fusions, pattern);
    }
    // All readers of a cache or none; the weights are out of the graph, a copy is small.
    let before = (graph.clone(), fusions.clone());
    for pattern in CACHES {
        pass(framework, graph, &mut fusions, pattern);
    }
    if !caches::are_ours(graph) {
        (*graph, fusions) = before;
    }
    fusions
}

fn pass(framework: &Onnx, graph: &mut GraphProto, fusions: &mut Fusions, pattern: Pattern) {
    let found: Vec<(usize, Found)> = {
        let view = View::new(framework, graph, fusions);
        let nodes = graph.node.iter().enumerate();
        nodes
            .filter(|(_, node)| !node.output.is_empty())
            .filter_map(|(at, node)| Some((at, pattern(&view, node)?)))
            .collect()
    };
    for (at, (fused, input)) in found {
        put(&mut graph.node[at], input, fused, fusions);
    }
    drop_unread(graph, fusions);
}

/// Puts a fused operation in a node's place.
fn put(node: &mut NodeProto, input: Vec<String>, fused: Fused, fusions: &mut Fusions) {
    fusions.insert(node.output[0].clone(), fused);
    *node = NodeProto {
        input,
        // Found again by it in the engine's graph.
        name: node.output[0].clone(),
        output: std::mem::take(&mut node.output),
        op_type: KIND.to_owned(),
        ..NodeProto::default()
    };
}

/// Takes out nodes and constants that nobody reads.
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
    graph.initializer.retain(|it| read.contains(&it.name));
    fusions.retain(|name, _| read.contains(name));
}
