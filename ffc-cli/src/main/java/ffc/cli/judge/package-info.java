/**
 * Judging checkpoints and embeddings of any system from the command line. Open {@link
 * ffc.cli.judge.Judgement} first.
 */
package ffc.cli.judge;
