// What the study sequence-score says about itself: parameters, inputs, figures, claims.
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/sequence_score.h"

namespace reprise::diffusion {

namespace {

std::vector<Figure> figures() {
  Figure term;
  term.id = "score-term";
  term.question = "At which noise level does a wrong score hurt?";
  term.title = "Taking tokens for independent adds {metrics.independent_score_term:.3g} to the bound";
  term.subtitle = "What a score adds to the residual bound per unit of noise, by noise level";
  term.x = axis("noise level σ", "noise clock", true);
  term.y = axis("density of the score term", "per noise clock", true);
  term.marks = {line_mark("independent_score_term", "independent tokens")};

  Figure entropy;
  entropy.id = "entropy";
  entropy.question = "And in relative entropy?";
  entropy.title = "In relative entropy of the paths it adds {metrics.independent_score_kl:.3g}";
  entropy.subtitle = "What a score adds to the relative entropy of the paths per unit of noise";
  entropy.x = axis("noise level σ", "noise clock", true);
  entropy.y = axis("density of relative entropy", "nats per noise clock", true);
  entropy.marks = {line_mark("independent_entropy", "independent tokens")};
  return {term, entropy};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("entropy-nonnegative", "A wrong score never gains relative entropy: smallest density.",
                 Relation::AtLeast, -1e-9, "x − 1 − ln x is never below 0; the rest is rounding."),
      claim_spec("network-beats-independence",
                 "The network is nearer to the true score than a score that knows no neighbours: ratio of "
                 "relative entropies.",
                 Relation::AtMost, 1, "Else it has learned nothing about how tokens hang together.")};
}

InputSpec corpus_input() {
  InputSpec spec;
  spec.name = "corpus";
  spec.formats = {"txt", "csv", "npy"};
  spec.description = "Text or sequences; a Markov chain is counted from them. Without it, a random chain.";
  spec.columns =
      "Text: cut into words, letters or bytes. CSV: x1, …, xd, one sequence of tokens a row. NPY: whole "
      "numbers (sequences, tokens).";
  spec.example = "the cat sat on the mat\n";
  return spec;
}

InputSpec network_input() {
  InputSpec spec;
  spec.name = "network";
  spec.formats = {"safetensors"};
  spec.description = "Weights of a convolutional network over tokens, to be judged against the true score.";
  spec.columns =
      "embedding.weight (symbols, D); noise.0.weight (D, 32), noise.0.bias; noise.2.weight (4D, D), "
      "noise.2.bias; for k = 0…3 blocks.k.norm.weight and .bias, blocks.k.conv.weight (D, D, 5) and .bias, "
      "blocks.k.mix.weight (D, D) and .bias; head.weight (tokens, D), head.bias.";
  return spec;
}

}  // namespace

Parameters<SequenceScoreConfig> sequence_score_parameters() {
  Parameters<SequenceScoreConfig> list;
  using Config = SequenceScoreConfig;
  list.choice("prior", &Config::prior, {"uniform", "masked"})
      .label("Noise")
      .help("What a replaced token becomes: any symbol, or a mask.")
      .essential();
  list.integer("vocabulary_size", &Config::vocabulary_size)
      .within(2, 1024)
      .label("Vocabulary S")
      .help("Symbols of the random chain; of a corpus at most so many, the rarest as one.")
      .logarithmic()
      .essential()
      .preset("browser", 27)
      .preset("paper", 64);
  list.integer("length", &Config::length)
      .within(1, 4096)
      .label("Tokens d")
      .help("Length of a sequence.")
      .logarithmic()
      .essential()
      .preset("browser", 64)
      .preset("paper", 1024);
  list.real("sigma_max", &Config::sigma_max)
      .within(0.5, 20)
      .label("Noise T at the start")
      .help("The noisiest level.")
      .unit("noise clock");
  list.real("sigma_min", &Config::sigma_min)
      .within(1e-4, 0.5)
      .label("Noise δ at the end")
      .help("The level nearest to the data; below T.")
      .unit("noise clock");
  list.choice("schedule", &Config::schedule, markov::schedule_keys())
      .label("Schedule")
      .help("How the noise levels are spaced.");
  list.integer("levels", &Config::levels)
      .within(1, 256)
      .label("Levels")
      .help("Steps between the levels at which scores are compared.");
  list.integer("samples", &Config::samples)
      .within(2, 1000000)
      .label("Sequences")
      .help("Noisy sequences at each level.")
      .logarithmic()
      .preset("paper", 400);
  list.choice("unit", &Config::unit, text_unit_keys())
      .label("Tokens of a text")
      .help("What a corpus of text is cut into.");
  list.real("additive", &Config::additive)
      .within(0, 1000)
      .label("Added to every count")
      .help("Of pairs of neighbours in a corpus.");
  list.choice("network_output", &Config::network_output, {"leave_one_out", "denoiser"})
      .label("Output of the network")
      .help("Law of the clean token given the other noisy tokens, or given all of them.");
  return list;
}

Description sequence_score_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/sequence-score";
  about.title = "A wrong score on long sequences";
  about.question = "What does a wrong score add on sequences that cannot be enumerated?";
  about.summary =
      "The exact score of a Markov chain is known at any length. Against it stand a score that takes tokens "
      "for "
      "independent and, from a file, a network. Sampled sequences tell what each adds to the residual bound "
      "and "
      "to the relative entropy of the paths, level by level. With a mask the error of the steps alone is a "
      "closed form.";
  about.inputs = {corpus_input(), network_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
