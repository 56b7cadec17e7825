/**
 * Networks, losses, the training loop and evaluation. Open {@code Trainer} for the loop and {@code
 * Ffc} for the method.
 */
package ffc.core;
