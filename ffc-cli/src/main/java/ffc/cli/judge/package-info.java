/**
 * Judging embeddings of any system from the command line. Open {@link ffc.cli.judge.EmbeddingJudge}
 * first.
 */
package ffc.cli.judge;
