// The record of operations from which derivatives are made, and what each operation says about its
// derivatives. For the engine's own files; users see autodiff.h.
#pragma once

#include "tensor/device_state.h"
#include "tensor/tensor.h"

#include <array>
#include <memory>
#include <vector>

namespace reprise::tensor {

/// What an operation remembers besides tensors: constants, axes, sizes.
struct OpNumbers {
  double real = 0;
  std::array<std::int64_t, max_rank> integers{};
  int flags = 0;
};

struct Rules;

struct Node {
  const Rules* rules = nullptr;  // null: a leaf
  std::uint64_t generation = 0;
  std::size_t first_operand = 0;
  int operand_count = 0;
  OpNumbers numbers;
  Tensor output;
  Tensor saved;
  Tensor tangent;
};

/// A list that never moves its elements and keeps its memory.
template <class T>
class StableList {
 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](std::size_t i) const { return chunks_[i / kChunk][i % kChunk]; }
  T& push() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return (*this)[size_++];
  }
  void shrink(std::size_t size) {
    while (size_ > size) (*this)[--size_] = T();
  }

 private:
  static constexpr std::size_t kChunk = 128;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
};

struct Graph {
  StableList<Node> nodes;       // leaves first
  StableList<Tensor> operands;  // of all nodes
  std::vector<Tensor> gradients;
  std::size_t leaves = 0;
  std::uint64_t generation = 0;  // of the nodes that are not leaves
  bool active = false;           // a Tape exists
  bool recording = false;
  bool forward = false;  // some tensor has a tangent

  bool tracks(const Tensor& tensor) const {
    return tensor.node < nodes.size() && nodes[tensor.node].generation == tensor.generation;
  }
  void clear();  // all but the leaves
};

/// One recorded operation, as its rules see it.
class Operation {
 public:
  Operation(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}
  int inputs() const { return node_.operand_count; }
  /// Without data unless the rules keep inputs (or there are tangents).
  const Tensor& input(int i) const {
    return graph_.operands[node_.first_operand + static_cast<std::size_t>(i)];
  }
  const Tensor& output() const { return node_.output; }
  const Tensor& saved() const { return node_.saved; }
  const OpNumbers& numbers() const { return node_.numbers; }

 private:
  const Graph& graph_;
  const Node& node_;
};

/// Where a reverse rule puts its results.
class Cotangents {
 public:
  Cotangents(Graph& graph, const Operation& operation) : graph_(graph), operation_(operation) {}
  bool wants(int input) const { return graph_.tracks(operation_.input(input)); }
  /// Adds to the gradient of an input; sums over the axes along which it was broadcast.
  void add(int input, Tensor gradient);

 private:
  Graph& graph_;
  const Operation& operation_;
};

/// Both rules are written with the operations of ops.h, so that they can be differentiated again.
struct Rules {
  const char* name;
  bool keeps_inputs;
  bool keeps_output;
  /// Gradient with respect to the output in, gradients with respect to the inputs out.
  void (*reverse)(const Operation&, const Tensor& gradient, Cotangents& to);
  /// Tangents of the inputs in (empty tensor: zero, but not all of them), tangent of the output out.
  Tensor (*forward)(const Operation&, const Tensor* tangents);
};

void push_node(Graph& graph, const Rules& rules, Tensor& output, const Tensor* const* inputs, int count,
               const OpNumbers& numbers, const Tensor* saved);

/// Notes `output` as the result of an operation if a derivative is wanted of any input.
inline Tensor record(const Rules& rules, Tensor output, std::initializer_list<const Tensor*> inputs,
                     const OpNumbers& numbers = {}, const Tensor* saved = nullptr);

bool is_recorded(const Graph& graph, const Tensor* const* inputs, int count);
Graph& graph_of(const Tensor& tensor);

inline Tensor record(const Rules& rules, Tensor output, std::initializer_list<const Tensor*> inputs,
                     const OpNumbers& numbers, const Tensor* saved) {
  Graph& graph = graph_of(output);
  const int count = static_cast<int>(inputs.size());
  if (is_recorded(graph, inputs.begin(), count)) {
    push_node(graph, rules, output, inputs.begin(), count, numbers, saved);
  }
  return output;
}

/// Whether an operation on these inputs will be recorded.
bool will_record(std::initializer_list<const Tensor*> inputs);

/// InputError when the tensors are not on one device, or not of one type.
void check_same(const char* operation, const Tensor& a, const Tensor& b);

}  // namespace reprise::tensor
