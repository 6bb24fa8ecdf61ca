/** Something that a person who runs the testbed must know and can mend. */
export class TestbedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TestbedError";
  }
}
