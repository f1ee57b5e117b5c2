// The least that a program linked like drover costs to start.
int main() { return 0; }
