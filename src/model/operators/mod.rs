//! The ONNX operators that a model may be made of, as operations of the inference engine.
//!
//! The engine has a register of every operator there is, and whoever asks for it has all of them linked, a
//! tenth of the worker. This one has those of our models (`models/training/graph.py`), as they have been
//! since version 13 of ONNX's operators, with the attributes that are read here. Anything else is refused by
//! its name.

mod expansions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use tract_onnx::Onnx;
use tract_onnx::model::{OnnxOpRegister, ParsingContext, optional_inputs};
use tract_onnx::pb::{ModelProto, NodeProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, ensure};
use tract_onnx::tract_hir::internal::{
    BinIntoHir, ElementWiseIntoHir, Expansion, InferenceOp, expand,
};
use tract_onnx::tract_hir::ops::{activations, array, cnn, math, matmul, nn};

use expansions::{FirstInput, Floats, Gemm};

type Operation = TractResult<Box<dyn InferenceOp>>;

/// An operator: its name, its attributes, and what makes the engine's operation of a node.
type Operator = (
    &'static str,
    &'static [&'static str],
    fn(&Node<'_>) -> Operation,
);

/// `Gemm` and `Relu` are in none of our models, but in nearly all of others'.
const OPERATORS: [Operator; 22] = [
    ("Add", &[], |_| Ok(math::Add.into_hir())),
    ("Cast", &["to"], cast),
    ("Clip", &[], clip),
    ("Concat", &["axis"], concat),
    (
        "Conv",
        &["dilations", "group", "kernel_shape", "pads", "strides"],
        conv,
    ),
    ("DequantizeLinear", &["axis"], dequantize_linear),
    ("Gemm", &["alpha", "beta", "transA", "transB"], gemm),
    (
        "LayerNormalization",
        &["axis", "epsilon"],
        layer_normalization,
    ),
    ("LogSoftmax", &["axis"], log_softmax),
    ("MatMul", &[], |_| {
        Ok(expand(matmul::MatMulInference::default()))
    }),
    ("Mul", &[], |_| Ok(math::Mul.into_hir())),
    ("Relu", &[], |_| {
        Ok(expand(activations::Clip::new(Some(0.0), None)))
    }),
    ("Reshape", &["allowzero"], reshape),
    ("Shape", &[], |_| {
        Ok(expand(array::Shape::new(TDim::datum_type())))
    }),
    ("Sigmoid", &[], |_| Ok(nn::sigmoid().into_hir())),
    ("Slice", &[], slice),
    ("Softmax", &["axis"], softmax),
    ("Split", &["axis", "num_outputs"], split),
    ("Squeeze", &[], squeeze),
    ("Sub", &[], |_| Ok(math::Sub.into_hir())),
    ("Transpose", &["perm"], transpose),
    ("Unsqueeze", &[], unsqueeze),
];

/// The first version of ONNX's operators in which those above are what they are here.
const OLDEST: i64 = 13;

/// The engine's reader of ONNX files, with the operators above.
pub fn framework() -> Onnx {
    let mut register = OnnxOpRegister::default();
    for (kind, ..) in OPERATORS {
        register.insert(kind, build);
    }
    Onnx {
        op_register: register,
        // Files by other exporters carry value_info that does not unify with the shapes found
        // by inference.
        ignore_value_info: true,
        ..Onnx::default()
    }
}

/// Refuses a file with operators, a version of them or attributes that are not read here, and
/// one in which a value is made twice.
///
/// # Errors
/// It names them.
pub fn check(file: &ModelProto) -> TractResult<()> {
    let standard = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    let mut sets = file.opset_import.iter();
    let version = sets
        .find(|set| standard(&set.domain))
        .map_or(0, |set| set.version);
    ensure!(
        version >= OLDEST,
        "it has ONNX's operators of version {version}, and those since {OLDEST} are read here"
    );
    let nodes = file.graph.iter().flat_map(|graph| &graph.node);
    let known = |node: &NodeProto| {
        let named = |operator: &Operator| operator.0 == node.op_type;
        standard(&node.domain) && OPERATORS.iter().any(named)
    };
    let unknown: BTreeSet<&str> = nodes
        .filter(|node| !known(node))
        .map(|node| &node.op_type[..])
        .collect();
    ensure!(
        unknown.is_empty(),
        "it has operators that are not read here: {}",
        unknown.into_iter().collect::<Vec<_>>().join(", ")
    );
    let mut made = HashSet::new();
    for node in file.graph.iter().flat_map(|graph| &graph.node) {
        for attribute in &node.attribute {
            let (kind, name) = (&node.op_type[..], &attribute.name[..]);
            ensure!(
                attributes(kind).is_some_and(|read| read.contains(&name)),
                "the attribute {name} of its {kind} is not read here"
            );
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            ensure!(made.insert(output), "its value {output} is made twice");
        }
    }
    Ok(())
}

/// The attributes that are read of an operator.
fn attributes(kind: &str) -> Option<&'static [&'static str]> {
    let operator = OPERATORS.iter().find(|(name, ..)| *name == kind);
    operator.map(|(_, attributes, _)| *attributes)
}

fn build(
    context: &ParsingContext<'_>,
    proto: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let operator = OPERATORS.iter().find(|(kind, ..)| *kind == proto.op_type);
    let (.., make) = operator.context("it is not read here")?;
    Ok((make(&Node { context, proto })?, Vec::new()))
}

/// A node of a graph.
struct Node<'a> {
    context: &'a ParsingContext<'a>,
    proto: &'a NodeProto,
}

impl Node<'_> {
    /// Its attribute `axis`.
    fn axis(&self) -> TractResult<Option<isize>> {
        self.proto.get_attr_opt("axis")
    }

    /// An input, unless it is left out. It must be a constant.
    fn constant(&self, at: usize) -> TractResult<Option<Tensor>> {
        let input = self.proto.input.get(at);
        let Some(name) = input.filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let graph = self.context.parent_graphs.last();
        let mut constants = graph.into_iter().flat_map(|graph| &graph.initializer);
        let constant = constants.find(|tensor| tensor.name == *name);
        let constant = constant.with_context(|| format!("its input {name} must be a constant"))?;
        Ok(Some(self.context.load_tensor(constant)?))
    }

    /// The same of whole numbers.
    fn integers(&self, at: usize) -> TractResult<Option<Vec<isize>>> {
        let Some(tensor) = self.constant(at)? else {
            return Ok(None);
        };
        let integers = tensor.cast_to::<i64>()?;
        let integers = integers.try_as_plain_ram()?.as_slice::<i64>()?.iter();
        Ok(Some(integers.map(|integer| *integer as isize).collect()))
    }

    /// The same of a number.
    fn number(&self, at: usize) -> TractResult<Option<f32>> {
        let constant = self.constant(at)?;
        constant
            .map(|tensor| tensor.cast_to_scalar::<f32>())
            .transpose()
    }

    /// An operation that has the other inputs, which are constants, inside.
    fn on_first(&self, operation: impl Expansion) -> Operation {
        ensure!(!self.proto.input.is_empty(), "it has no input");
        Ok(expand(FirstInput(Box::new(operation))))
    }
}

fn cast(node: &Node<'_>) -> Operation {
    let to: DatumType = node.proto.get_attr("to")?;
    ensure!(
        to == DatumType::F32,
        "it casts to {to:?}, and only to F32 is read here"
    );
    Ok(expand(Floats::cast()))
}

fn clip(node: &Node<'_>) -> Operation {
    node.on_first(activations::Clip::new(node.number(1)?, node.number(2)?))
}

fn concat(node: &Node<'_>) -> Operation {
    Ok(expand(array::Concat::new(node.proto.get_attr("axis")?)))
}

fn conv(node: &Node<'_>) -> Operation {
    let proto = node.proto;
    let pads: Option<TVec<usize>> = proto.get_attr_opt_tvec("pads")?;
    let padding = pads.map_or(cnn::PaddingSpec::Valid, |pads| {
        let (before, after) = pads.split_at(pads.len() / 2);
        cnn::PaddingSpec::Explicit(before.into(), after.into())
    });
    Ok(expand(cnn::Conv {
        padding,
        dilations: proto.get_attr_opt_tvec("dilations")?,
        group: proto.get_attr_opt("group")?,
        kernel_shape: proto.get_attr_opt_tvec("kernel_shape")?,
        strides: proto.get_attr_opt_tvec("strides")?,
        bias_input: (proto.input.len() > 2).then_some(2),
        ..cnn::Conv::default()
    }))
}

fn dequantize_linear(node: &Node<'_>) -> Operation {
    Ok(expand(Floats::dequantised(node.axis()?.unwrap_or(1))))
}

fn gemm(node: &Node<'_>) -> Operation {
    for name in ["alpha", "beta"] {
        let factor: f32 = node.proto.get_attr_opt(name)?.unwrap_or(1.0);
        ensure!(
            factor.to_bits() == 1.0_f32.to_bits(),
            "its attribute {name} is {factor}, and only 1 is read here"
        );
    }
    let transposed = |name| TractResult::Ok(node.proto.get_attr_opt(name)?.unwrap_or(false));
    Ok(expand(Gemm(matmul::MatMulInference {
        a_trans: transposed("transA")?,
        b_trans: transposed("transB")?,
        ..matmul::MatMulInference::default()
    })))
}

fn layer_normalization(node: &Node<'_>) -> Operation {
    let epsilon = node.proto.get_attr_opt("epsilon")?.unwrap_or(1e-5);
    let axis = node.axis()?.unwrap_or(-1);
    Ok(expand(Floats::normalised(axis, epsilon)))
}

fn log_softmax(node: &Node<'_>) -> Operation {
    let axis = node.axis()?.unwrap_or(-1);
    Ok(expand(nn::LayerLogSoftmax {
        axis,
        coerce_to_2d: false,
    }))
}

fn reshape(node: &Node<'_>) -> Operation {
    let keep_zeros = node.proto.get_attr_opt("allowzero")?.unwrap_or(false);
    Ok(expand(array::Reshape::new(keep_zeros)))
}

fn slice(node: &Node<'_>) -> Operation {
    ensure!(node.proto.input.len() >= 3, "it has no starts or no ends");
    let mut optional = optional_inputs(node.proto).skip(3);
    Ok(Box::new(array::StridedSlice {
        begin_mask: 0,
        end_mask: 0,
        shrink_axis_mask: 0,
        optional_axes_input: optional.next().flatten(),
        optional_steps_input: optional.next().flatten(),
    }))
}

fn softmax(node: &Node<'_>) -> Operation {
    Ok(expand(nn::Softmax::new(node.axis()?.unwrap_or(-1))))
}

fn split(node: &Node<'_>) -> Operation {
    let lengths = node.integers(1)?.map(|lengths| {
        let lengths = lengths.into_iter();
        lengths.map(usize::try_from).collect::<Result<Vec<_>, _>>()
    });
    let axis = node.axis()?.unwrap_or(0);
    let parts = node.proto.output.len();
    node.on_first(array::Split::new(axis, parts, lengths.transpose()?))
}

fn squeeze(node: &Node<'_>) -> Operation {
    node.on_first(array::Squeeze::new(node.integers(1)?))
}

fn transpose(node: &Node<'_>) -> Operation {
    let order = node.proto.get_attr_opt_tvec("perm")?;
    Ok(expand(array::PermuteAxes::new(order)))
}

fn unsqueeze(node: &Node<'_>) -> Operation {
    let axes = node.integers(1)?.context("it has no axes")?;
    node.on_first(array::AddDims::new(axes))
}
