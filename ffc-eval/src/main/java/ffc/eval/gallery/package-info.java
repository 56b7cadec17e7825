/**
 * A gallery that queries are answered from: its embeddings kept on disk between calls, and an exact
 * search of them. Open {@link ffc.eval.gallery.Gallery} first.
 */
package ffc.eval.gallery;
