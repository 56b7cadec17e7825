/**
 * Answers to the question who is on a picture, and what their scores mean. Open {@link
 * ffc.runs.search.Search} first.
 */
package ffc.runs.search;
