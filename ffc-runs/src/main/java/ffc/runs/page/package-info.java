/**
 * What pages are made of: their frame, tables, and charts as inline SVG that a script of the page
 * draws anew as its reader asks. Open {@link ffc.runs.page.Chart} first.
 */
package ffc.runs.page;
