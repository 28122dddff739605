//! Messages published to `$delayed/{seconds}/{topic}`: kept until they are due.
