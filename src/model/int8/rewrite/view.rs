//! An ONNX graph to look around in.

use std::collections::HashMap;

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value as Extent};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tensor::load_tensor;

use super::linear::of_kind;
use super::{Fused, Fusions};
use crate::model::int8::ops::Attention;

/// Who makes what, how often it is read, and what has been fused so far. Everything goes
/// by the names of values.
pub struct View<'a> {
    framework: &'a Onnx,
    graph: &'a GraphProto,
    makers: HashMap<&'a str, &'a NodeProto>,
    readers: HashMap<&'a str, usize>,
    constants: HashMap<&'a str, &'a TensorProto>,
    fusions: &'a Fusions,
}

impl<'a> View<'a> {
    pub fn new(framework: &'a Onnx, graph: &'a GraphProto, fusions: &'a Fusions) -> Self {
        let made = |node: &'a NodeProto| node.output.iter().map(move |name| (&name[..], node));
        let read = graph.node.iter().flat_map(|node| &node.input);
        let read = read.chain(graph.output.iter().map(|output| &output.name));
        let mut readers = HashMap::new();
        for name in read {
            *readers.entry(&name[..]).or_insert(0) += 1;
        }
        let constants = graph.initializer.iter();
        Self {
            framework,
            graph,
            makers: graph.node.iter().flat_map(made).collect(),
            readers,
            constants: constants.map(|tensor| (&tensor.name[..], tensor)).collect(),
            fusions,
        }
    }

    /// The node that makes a value, if it is of this kind and has an input, as it must.
    pub fn node(&self, value: &str, kind: &str) -> Option<&'a NodeProto> {
        of_kind(self.makers.get(value)?, kind)
    }

    /// What has been fused to make a value.
    pub fn fused(&self, value: &str) -> Option<&'a Fused> {
        self.fusions.get(value)
    }

    /// Inputs of the node that makes a value.
    pub fn inputs(&self, value: &str) -> Option<&'a [String]> {
        self.makers.get(value).map(|node| &node.input[..])
    }

    /// Whether a value is read so many times, outputs of the graph counted.
    pub fn is_read(&self, value: &str, times: usize) -> bool {
        self.readers.get(value).copied().unwrap_or(0) == times
    }

    /// The shape of an input of the graph, where it has no symbol.
    pub fn shape(&self, input: &str) -> Option<Vec<usize>> {
        let input = self.graph.input.iter().find(|it| it.name == input)?;
        let Value::TensorType(tensor) = input.r#type.as_ref()?.value.as_ref()?;
        let extent = |dimension: &Dimension| match dimension.value {
            Some(Extent::DimValue(extent)) => usize::try_from(extent).ok(),
            _ => None,
        };
        tensor.shape.as_ref()?.dim.iter().map(extent).collect()
    }

    /// Whether an attention of ours reads its keys from this cache.
    pub fn has_keys(&self, cache: &str) -> bool {
        let attentions = self.graph.node.iter().filter(|node| {
            let made = node.output.first();
            let fused = made.and_then(|name| self.fusions.get(name));
            matches!(fused, Some(Fused::Attention(_)))
        });
        attentions
            .into_iter()
            .any(|node| node.input[Attention::KEYS] == cache)
    }

    /// A constant tensor.
    pub fn constant(&self, value: &str) -> Option<Tensor> {
        let tensor = self.constants.get(value)?;
        load_tensor(&*self.framework.provider, tensor, None).ok()
    }

    /// A constant's f32 values.
    pub fn floats(&self, value: &str) -> Option<Vec<f32>> {
        values(&self.constant(value)?)
    }

    /// A constant's i64 values.
    pub fn integers(&self, value: &str) -> Option<Vec<i64>> {
        values(&self.constant(value)?)
    }

    /// A constant that is one f32.
    pub fn number(&self, value: &str) -> Option<f32> {
        match self.floats(value)?[..] {
            [number] => Some(number),
            _ => None,
        }
    }
}

/// A tensor's values.
pub fn values<T: Datum + Copy>(tensor: &Tensor) -> Option<Vec<T>> {
    let plain = tensor.try_as_plain_ram().ok()?;
    plain.as_slice::<T>().ok().map(<[T]>::to_vec)
}

/// A node's attribute that is an integer.
pub fn integer(node: &NodeProto, name: &str) -> Option<i64> {
    let attribute = node.attribute.iter().find(|other| other.name == name)?;
    Some(attribute.i)
}

/// A node's attribute that is a list of integers.
pub fn integers<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    let attribute = node.attribute.iter().find(|other| other.name == name)?;
    Some(&attribute.ints)
}

/// Both inputs of a node with two.
pub fn both(node: &NodeProto) -> Option<(&str, &str)> {
    match &node.input[..] {
        [first, second] => Some((first, second)),
        _ => None,
    }
}
