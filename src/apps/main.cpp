// larder: one binary, many subcommands. Wiring, nothing else.
int main() { return 0; }
