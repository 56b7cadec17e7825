/**
 * What DJL lacks: operators of PyTorch through tiny TorchScript modules put together at run time,
 * gradients, uploads, threads, memory. Open {@link ffc.engine.NativeOps} first.
 */
package ffc.engine;
