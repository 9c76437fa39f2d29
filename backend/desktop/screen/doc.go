// Package screen shows a desktop client on a whole terminal, with keys for what the
// agent may do. What is shown comes from desktop.State, which has made it harmless.
package screen
