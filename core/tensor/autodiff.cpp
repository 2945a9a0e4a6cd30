#include "tensor/autodiff.h"

#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/graph.h"
#include "tensor/ops.h"

#include <string>

namespace reprise::tensor {
namespace {

constexpr int kMostInlineInputs = 8;

/// Sets a flag for the length of a scope.
class FlagScope {
 public:
  FlagScope(bool& flag, bool value) : flag_(flag), before_(flag) { flag = value; }
  ~FlagScope() { flag_ = before_; }
  FlagScope(const FlagScope&) = delete;
  FlagScope& operator=(const FlagScope&) = delete;

 private:
  bool& flag_;
  bool before_;
};

void run_forward_rule(Graph& graph, Node& node) {
  Tensor inline_tangents[kMostInlineInputs];
  std::vector<Tensor> many;
  Tensor* tangents = inline_tangents;
  if (node.operand_count > kMostInlineInputs) {
    many.resize(static_cast<std::size_t>(node.operand_count));
    tangents = many.data();
  }
  bool any = false;
  for (int i = 0; i < node.operand_count; ++i) {
    const Tensor& input = graph.operands[node.first_operand + static_cast<std::size_t>(i)];
    if (!graph.tracks(input)) continue;
    tangents[i] = graph.nodes[input.node].tangent;
    any = any || tangents[i];
  }
  if (!any) return;
  FlagScope no_second_tangents(graph.forward, false);
  node.tangent = node.rules->forward(Operation(graph, node), tangents);
}

}  // namespace

Graph& graph_of(const Tensor& tensor) {
  return *tensor.state().graph;
}

void Graph::clear() {
  nodes.shrink(leaves);
  operands.shrink(0);
  for (std::size_t i = 0; i < leaves; ++i) nodes[i].tangent = Tensor();
  forward = false;
  ++generation;
}

bool is_recorded(const Graph& graph, const Tensor* const* inputs, int count) {
  if (!graph.recording) return false;
  for (int i = 0; i < count; ++i) {
    if (graph.tracks(*inputs[i])) return true;
  }
  return false;
}

bool will_record(std::initializer_list<const Tensor*> inputs) {
  return is_recorded(graph_of(**inputs.begin()), inputs.begin(), static_cast<int>(inputs.size()));
}

void push_node(Graph& graph, const Rules& rules, Tensor& output, const Tensor* const* inputs, int count,
               const OpNumbers& numbers, const Tensor* saved) {
  output.node = static_cast<std::uint32_t>(graph.nodes.size());
  output.generation = graph.generation;
  const bool keeps_inputs = rules.keeps_inputs || graph.forward;
  const std::size_t first_operand = graph.operands.size();
  for (int i = 0; i < count; ++i) {
    graph.operands.push() = keeps_inputs ? *inputs[i] : inputs[i]->without_data();
  }
  Node& node = graph.nodes.push();
  node.rules = &rules;
  node.generation = graph.generation;
  node.first_operand = first_operand;
  node.operand_count = count;
  node.numbers = numbers;
  node.output = rules.keeps_output ? output : output.without_data();
  if (saved != nullptr) node.saved = *saved;
  if (graph.forward) run_forward_rule(graph, node);
}

void check_same(const char* operation, const Tensor& a, const Tensor& b) {
  if (!a || !b) throw std::logic_error(std::string(operation) + " of an empty tensor handle");
  if (&a.state() != &b.state()) {
    throw InputError(std::string(operation) + ": the tensors of shapes " + a.shape().text() + " and " +
                     b.shape().text() + " are on different devices");
  }
  if (a.dtype() != b.dtype()) {
    throw InputError(std::string(operation) + ": the tensors of shapes " + a.shape().text() + " and " +
                     b.shape().text() + " have the types " + std::string(name_of(a.dtype())) + " and " +
                     std::string(name_of(b.dtype())) + "; they must be equal");
  }
}

void Cotangents::add(int input, Tensor gradient) {
  const Tensor& target = operation_.input(input);
  if (!graph_.tracks(target)) return;
  if (gradient.shape() != target.shape()) gradient = sum_to(gradient, target.shape());
  Tensor& slot = graph_.gradients[target.node];
  if (!slot) {
    slot = std::move(gradient);
    return;
  }
  if (!graph_.recording && slot.owns_alone() && slot.is_contiguous() && gradient.is_contiguous()) {
    with_real_type(slot.dtype(), [&](auto type) {
      using T = decltype(type);
      slot.state().kernels.of<T>().binary(cpu::Binary::Add, slot.elements(), slot.data<T>(), 1,
                                          std::as_const(gradient).data<T>(), 1, slot.data<T>());
    });
    return;
  }
  slot = tensor::add(slot, gradient);
}

Tape::Tape(Device device) : device_(std::move(device)) {
  Graph& graph = *device_.state().graph;
  if (graph.active) throw std::logic_error("a second Tape on one device");
  graph.active = true;
  graph.recording = true;
}

Tape::~Tape() {
  Graph& graph = *device_.state().graph;
  graph.leaves = 0;
  graph.clear();
  graph.gradients.clear();
  graph.active = false;
  graph.recording = false;
}

void Tape::watch(Tensor& leaf) {
  Graph& graph = *device_.state().graph;
  if (!leaf || &leaf.state() != &device_.state()) throw std::logic_error("watch: no tensor of this device");
  graph.clear();
  leaf.node = static_cast<std::uint32_t>(graph.nodes.size());
  leaf.generation = graph.generation;
  Node& node = graph.nodes.push();
  node.generation = graph.generation;
  node.output = leaf.without_data();
  graph.leaves = graph.nodes.size();
  ++graph.generation;
}

void Tape::set_tangent(Tensor& tensor, Tensor tangent) {
  Graph& graph = *device_.state().graph;
  check_same("set_tangent", tensor, tangent);
  if (tangent.shape() != tensor.shape()) {
    throw InputError("set_tangent: a tensor of shape " + tensor.shape().text() + " and a tangent of shape " +
                     tangent.shape().text());
  }
  if (!graph.tracks(tensor)) {
    if (graph.nodes.size() > graph.leaves) {
      throw std::logic_error("set_tangent of an unwatched tensor after operations were recorded");
    }
    tensor.node = static_cast<std::uint32_t>(graph.nodes.size());
    tensor.generation = ++graph.generation;
    Node& node = graph.nodes.push();
    node.generation = tensor.generation;
    node.output = tensor.without_data();
    graph.leaves = graph.nodes.size();
    ++graph.generation;
  }
  graph.nodes[tensor.node].tangent = std::move(tangent);
  graph.forward = true;
}

Tensor Tape::tangent(const Tensor& result) const {
  const Graph& graph = *device_.state().graph;
  if (graph.tracks(result) && graph.nodes[result.node].tangent) return graph.nodes[result.node].tangent;
  return Tensor::zeros(device_, result.shape(), result.dtype());
}

void Tape::backward(const Tensor& result, Record record) {
  if (result.elements() != 1) {
    throw InputError("backward: a result of shape " + result.shape().text() +
                     " needs a cotangent; without one it must be a single number");
  }
  backward(result, Tensor::full(device_, result.shape(), 1, result.dtype()), record);
}

void Tape::backward(const Tensor& result, Tensor cotangent, Record record) {
  Graph& graph = *device_.state().graph;
  check_same("backward", result, cotangent);
  if (result.shape() != cotangent.shape()) {
    throw InputError("backward: a result of shape " + result.shape().text() + " and a cotangent of shape " +
                     cotangent.shape().text());
  }
  for (Tensor& gradient : graph.gradients) gradient = Tensor();
  if (graph.gradients.size() < graph.nodes.size()) graph.gradients.resize(graph.nodes.size());
  if (graph.tracks(result)) {
    FlagScope recording(graph.recording, record == Record::differentiable);
    graph.gradients[result.node] = std::move(cotangent);
    for (std::size_t i = result.node + std::size_t{1}; i-- > graph.leaves;) {
      const Tensor gradient = std::move(graph.gradients[i]);
      if (!gradient) continue;
      Node& node = graph.nodes[i];
      const Operation operation(graph, node);
      Cotangents to(graph, operation);
      node.rules->reverse(operation, gradient, to);
      if (record != Record::use_up) continue;
      node.output = Tensor();
      node.saved = Tensor();
      for (int k = 0; k < node.operand_count; ++k) {
        graph.operands[node.first_operand + static_cast<std::size_t>(k)] = Tensor();
      }
    }
  }
  if (record == Record::use_up) graph.clear();
}

Tensor Tape::gradient(const Tensor& leaf) const {
  const Graph& graph = *device_.state().graph;
  if (!graph.tracks(leaf) || leaf.node >= graph.leaves)
    throw std::logic_error("gradient: not a watched tensor");
  if (leaf.node < graph.gradients.size() && graph.gradients[leaf.node]) return graph.gradients[leaf.node];
  return Tensor::zeros(device_, leaf.shape(), leaf.dtype());
}

void Tape::clear() {
  device_.state().graph->clear();
}

std::size_t Tape::recorded() const {
  const Graph& graph = *device_.state().graph;
  return graph.nodes.size() - graph.leaves;
}

Unrecorded::Unrecorded(const Device& device)
    : device_(device), before_(std::exchange(device.state().graph->recording, false)) {}

Unrecorded::~Unrecorded() {
  device_.state().graph->recording = before_;
}

std::pair<Tensor, std::vector<Tensor>> vjp(const TensorFunction& f, const std::vector<Tensor>& inputs,
                                           const Tensor& cotangent) {
  Tape tape(inputs.at(0).device());
  std::vector<Tensor> leaves = inputs;
  for (Tensor& leaf : leaves) tape.watch(leaf);
  const Tensor result = f(leaves);
  tape.backward(result, cotangent);
  std::vector<Tensor> gradients;
  for (const Tensor& leaf : leaves) gradients.push_back(tape.gradient(leaf));
  return {result, std::move(gradients)};
}

std::pair<Tensor, Tensor> jvp(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const std::vector<Tensor>& tangents) {
  Tape tape(inputs.at(0).device());
  std::vector<Tensor> leaves = inputs;
  for (std::size_t i = 0; i < leaves.size(); ++i) tape.set_tangent(leaves[i], tangents.at(i));
  const Tensor result = f(leaves);
  return {result, tape.tangent(result)};
}

}  // namespace reprise::tensor
