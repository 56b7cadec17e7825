/**
 * FFC: the dual loader's batch against the ID group. Open {@link ffc.core.ffc.Ffc} first, {@link
 * ffc.core.ffc.FfcHead} for the loss.
 */
package ffc.core.ffc;
