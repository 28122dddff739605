// The mark of Dunlin: the bird, standing.
export function Mark({ size = 28 }: { size?: number }) {
  return <img className="mark" src="./mark.svg" width={size} height={size} alt="" />;
}
