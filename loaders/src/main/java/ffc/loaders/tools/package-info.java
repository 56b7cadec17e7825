/**
 * What the {@code ffc data} commands do: counting, verifying, converting and drawing data sets.
 * Each tool is one class with a static entry that takes paths and a {@link ffc.loaders.Progress}.
 */
package ffc.loaders.tools;
