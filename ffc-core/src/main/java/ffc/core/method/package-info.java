/**
 * What distinguishes one method from another, and what a method is given. Open {@link
 * ffc.core.method.Method} first.
 */
package ffc.core.method;
