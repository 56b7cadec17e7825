/** Optimisers and learning rate schedules. Open {@link ffc.core.optim.Optimizer} first. */
package ffc.core.optim;
