/**
 * How a scheduler tells a process which trainer it is: the variables of torchrun, Slurm and
 * Kubernetes. Open {@link ffc.cli.launch.Launch} first.
 */
package ffc.cli.launch;
