/**
 * A network written for others, as TorchScript. Open {@link ffc.core.export.BackboneScript} first.
 */
package ffc.core.export;
