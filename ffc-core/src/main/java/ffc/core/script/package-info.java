/**
 * Operators of PyTorch that DJL does not offer, called through tiny TorchScript modules that are
 * put together at run time. Open {@link ffc.core.script.NativeOps} first.
 */
package ffc.core.script;
