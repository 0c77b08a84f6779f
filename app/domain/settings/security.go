package settings

// Security is the section of what protects a website's chat.
type Security struct {
	ProofOfWork bool `json:"proof,omitempty"` // browsers prove some work before the first message
}
