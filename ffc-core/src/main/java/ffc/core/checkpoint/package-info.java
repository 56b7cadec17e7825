/**
 * What a run leaves behind to go on from: folders written aside, checked by checksums, renamed when
 * whole. Open {@link ffc.core.checkpoint.Checkpoints} first.
 */
package ffc.core.checkpoint;
