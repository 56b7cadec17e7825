/**
 * What the {@code ffc data} commands do: counting, verifying, converting and drawing data sets.
 * Each tool is one class with a static entry that takes paths and a {@link
 * ffc.loaders.data.Progress}. Open {@link ffc.loaders.tools.Split} first.
 */
package ffc.loaders.tools;
