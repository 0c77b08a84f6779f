// Package assist writes drafts: replies made for an agent to edit and send.
//
// Owns: the organization's language model (address, sealed key, budget) and what of the budget is used; what is sent to it.
//
// Must not touch: the sending of messages. A draft is text for the agent's composer and nothing else.
//
// Always true: without a model, or when it fails, drafts are assembled from FAQ entries (package compose); no request is made
// that the month's budget could not pay; what leaves the installation is masked unless the organization says otherwise, and can be
// read before; nothing a model answers is trusted (package prompt).
package assist
