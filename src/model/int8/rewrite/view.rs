//! An ONNX graph to look around in.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value as Extent};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tensor::load_tensor;

use super::linear::of_kind;
use super::{Fused, Fusions};
use crate::model::int8::ops::{Attention, Rotary};

/// Who makes what, how often it is read, and what has been fused so far. Everything goes
/// by the names of values.
pub struct View<'a> {
    framework: &'a Onnx,
    graph: &'a GraphProto,
    makers: HashMap<&'a str, &'a NodeProto>,
    readers: HashMap<&'a str, usize>,
    constants: HashMap<&'a str, &'a TensorProto>,
    fusions: &'a Fusions,
    /// Tables already made; see [`View::rotary`].
    rotaries: RefCell<HashMap<(&'a str, &'a str), Arc<Rotary>>>,
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
        let initializers = graph.initializer.iter();
        let initializers = initializers.map(|tensor| (&tensor.name[..], tensor));
        Self {
            framework,
            graph,
            makers: graph.node.iter().flat_map(made).collect(),
            readers,
            constants: initializers
                .chain(graph.node.iter().filter_map(constant))
                .collect(),
            fusions,
            rotaries: RefCell::default(),
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

    /// Whether a value is an output of the graph.
    pub fn is_output(&self, value: &str) -> bool {
        self.graph.output.iter().any(|it| it.name == value)
    }

    /// The nodes that are ours, and what they do.
    pub fn all_fused(&self) -> impl Iterator<Item = (&'a NodeProto, &'a Fused)> {
        let fused = |node: &'a NodeProto| Some((node, self.fusions.get(node.output.first()?)?));
        self.graph.node.iter().filter_map(fused)
    }

    /// The caches that attentions of ours read their keys from.
    pub fn key_caches(&self) -> impl Iterator<Item = &'a str> {
        let keys = |(node, fused): (&'a NodeProto, &Fused)| match fused {
            Fused::Attention(_) => Some(&node.input[Attention::KEYS][..]),
            _ => None,
        };
        self.all_fused().filter_map(keys)
    }

    /// Whether a value is a constant.
    pub fn is_constant(&self, value: &str) -> bool {
        self.constants.contains_key(value)
    }

    /// A constant tensor.
    pub fn constant(&self, value: &str) -> Option<Tensor> {
        let tensor = self.constants.get(value)?;
        load_tensor(&*self.framework.provider, tensor, None).ok()
    }

    /// Values of a constant of f32 with one axis, at least one.
    pub fn row(&self, value: &str) -> Option<Vec<f32>> {
        let tensor = self.constant(value)?;
        let fits = tensor.rank() == 1 && tensor.len() > 0;
        values(&tensor).filter(|_| fits)
    }

    /// Values of a constant of f32 that is spread over so many axes but the second,
    /// at least one.
    pub fn column(&self, value: &str, axes: usize) -> Option<Vec<f32>> {
        let tensor = self.constant(value)?;
        let (leading, shape) = (axes.checked_sub(tensor.rank())?, tensor.shape());
        let second = shape.get(1_usize.checked_sub(leading)?)?;
        let fits = tensor.len() == *second && *second > 0;
        values(&tensor).filter(|_| fits)
    }

    /// The tables of rotary positions of two constants `[positions, half]`, one copy for
    /// all who ask.
    pub fn rotary(&self, cos: &'a str, sin: &'a str, half: usize) -> Option<Arc<Rotary>> {
        let (of_cos, of_sin) = (self.constant(cos)?, self.constant(sin)?);
        if of_cos.rank() != 2 || of_cos.shape()[1] != half || of_sin.shape() != of_cos.shape() {
            return None;
        }
        if let Some(rotary) = self.rotaries.borrow().get(&(cos, sin)) {
            return Some(Arc::clone(rotary));
        }
        let rotary = Arc::new(Rotary::new(&values(&of_cos)?, &values(&of_sin)?, half)?);
        self.rotaries
            .borrow_mut()
            .insert((cos, sin), Arc::clone(&rotary));
        Some(rotary)
    }

    /// A constant's i64 values.
    pub fn integers(&self, value: &str) -> Option<Vec<i64>> {
        values(&self.constant(value)?)
    }

    /// A constant that is one f32 and gives no value that it is multiplied with more axes.
    pub fn number(&self, value: &str) -> Option<f32> {
        let tensor = self.constant(value)?;
        match values(&tensor)?[..] {
            [number] if tensor.rank() <= 1 => Some(number),
            _ => None,
        }
    }
}

/// What a node `Constant` makes: its name and the tensor.
fn constant(node: &NodeProto) -> Option<(&str, &TensorProto)> {
    let value = node.attribute.iter().find(|it| it.name == "value")?;
    let name = node.output.first().filter(|_| node.op_type == "Constant")?;
    Some((name, value.t.as_ref()?))
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

/// Both inputs of a node with two whose order makes no difference: this way and that.
pub fn either(node: &NodeProto) -> Option<[(&str, &str); 2]> {
    let (first, second) = both(node)?;
    Some([(first, second), (second, first)])
}
