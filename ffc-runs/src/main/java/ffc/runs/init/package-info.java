/**
 * A first experiment for a set that nobody has trained on yet. Open {@link
 * ffc.runs.init.FirstExperiment} first.
 */
package ffc.runs.init;
