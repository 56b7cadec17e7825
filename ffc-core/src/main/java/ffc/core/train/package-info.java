/**
 * The training loop: steps, several trainers in step, checkpoints, evaluations. Open {@link
 * ffc.core.train.Trainer} first.
 */
package ffc.core.train;
