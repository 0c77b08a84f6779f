package routing

import "math"

const (
	minHandlingTime = 1   // seconds
	maxHandlingTime = 600 // seconds: beyond that the agent did something else
)

// handlingTime returns how many seconds an agent worked on a reply: since the last of the visitor's message, the assignment,
// the agent's reply before in any conversation, and its coming online. It is from 1 to 600.
func handlingTime(reply float64, since ...float64) float64 {
	start := math.Inf(-1)
	for _, s := range since {
		start = math.Max(start, s)
	}
	return clamp(reply-start, minHandlingTime, maxHandlingTime)
}

// responseTime returns how many seconds an agent with n live conversations takes to reply to one more message, where a message
// is h seconds of work and visitors think for tau. It is Schweitzer's approximation of a closed queue with one server.
func responseTime(n, h, tau float64) float64 {
	x := h*n - tau
	return (x + math.Sqrt(x*x+4*h*tau)) / 2
}

// addedDelay returns by how many seconds one more conversation delays the replies to those of an agent with n live ones, taken
// together.
func addedDelay(n, h, tau float64) float64 {
	return (n+1)*responseTime(n+1, h, tau) - n*responseTime(n, h, tau)
}

// liveWeight returns what a conversation counts for whose visitor has been silent since the agent's reply: 1 up to the think
// time tau, then less and less.
func liveWeight(silence, tau float64) float64 {
	if silence <= tau {
		return 1
	}
	return math.Exp(-(silence - tau) / (0.7 * tau))
}
