//! Named conversations that outlast calls, connections and processes.
